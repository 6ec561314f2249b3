"""What each distribution does differently about kdump."""

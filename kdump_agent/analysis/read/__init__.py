"""Read what crash says, one file a command. Pure: text in, the nouns of document.py out; nothing here raises."""

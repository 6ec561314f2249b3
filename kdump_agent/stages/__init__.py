"""What is done to a job, one file a stage: each takes the job, leaves its result on disk, and returns the job moved on.

A stage saves nothing but what must be durable before it goes on; the agent saves the job that it returns.
"""

"""What API values mean, pure: times, quantities, IntOrString, durations, cron schedules, time zones."""

"""LaunchDarkly's routes: one file per question that reads them, and one per subject for all others.

Each file ends with its `ROUTES`: a path, the model of its parameters, and the function that replies. The app finds new
files by itself.

    scores.py           engineering-insights scores
    deploys.py          deployment-frequency chart
    status.py           flag-status chart
    stale.py            stale-flags chart
    events.py           flag events
    flag.py             one flag with its targeting
    flags.py            a project's flags, their filters, and their statuses in one environment
    code_references.py  repositories, how often each mentions a flag, and when one left the code
    account.py          projects, environments, applications, and whose token it is
    audit_log.py        the audit log
    _formats.py         a chart, a flag, and its targeting in one environment, in LaunchDarkly's format
"""

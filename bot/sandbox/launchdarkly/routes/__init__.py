"""LaunchDarkly's endpoints, one file each, and code that several of them share.

An endpoint's file has `PATH` (with Starlette's path parameters), `BETA` (whether the beta header is required), `Query`
(its parameters) and `reply(ctx, query)`. The app finds new files by itself.

    scores.py        engineering-insights scores
    deploys.py       deployment-frequency chart
    status.py        flag-status chart
    audit_log.py     the audit log
    stale.py         stale-flags chart
    events.py        flag events
    flag.py          one flag with its targeting
    flags.py         a project's flags
    statuses.py      the status of each flag in an environment
    repositories.py  the repositories that are scanned for flags
    references.py    how often a project's flags are found in each repository
    extinctions.py   flags that left the code
    projects.py      projects
    environments.py  a project's environments
    applications.py  the account's applications
    identity.py      whose token it is
    _code.py         a flag's references in each repository
    _flag_filters.py the filters of a project's flags
    _formats.py      a chart, a flag, and its targeting in one environment, in LaunchDarkly's format
"""

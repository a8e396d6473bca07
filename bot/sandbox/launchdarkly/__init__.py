"""LaunchDarkly's REST API over an invented company, as an ASGI app.

It answers and refuses as the real API does, and its replies match LaunchDarkly's OpenAPI description. Everything that
happened in the company is derived from a seed and the date, so nothing is stored and a day always looks the same.

    app.py              the ASGI app: authentication, rate-limit headers, routing
    routes/             what it replies: one file per question, and one per subject for the rest
    request.py          a route, what it may read, its parameters and pages, and the errors that LaunchDarkly documents
    faults.py           fault injection, and a record of all requests
    company.py          the company's people, projects and flags, read from company.toml
    history.py          twelve weeks of flag events and deployments, with the stories that company.toml tells
    event_generator.py  a day's flag events, in one environment and in all, and how many people each affected
"""

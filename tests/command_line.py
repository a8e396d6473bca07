"""The command line within the tests' process: the same commands and output as `processes.run`, without a start."""

import os
import subprocess
from contextlib import chdir
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from bot.cli import main


def invoke(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end with only these variables set, in a folder where no .env lies."""
    runner = CliRunner(env={**dict.fromkeys(os.environ), "COLUMNS": "100", **variables})
    with TemporaryDirectory() as folder, chdir(folder):
        result = runner.invoke(main, arguments, prog_name="insights-bot", catch_exceptions=False)
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)

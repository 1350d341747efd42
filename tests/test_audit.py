"""What the container runs is looked over: its licences, and its known vulnerabilities where that can be found out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parent.parent
LICENCES = REPOSITORY / "scripts" / "licences.py"


def package(folder: Path, name: str, *lines: str) -> None:
    """Install a package that has nothing but a description."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    described = "\n".join(["Metadata-Version: 2.4", f"Name: {name}", "Version: 1.0", *lines])
    (info / "METADATA").write_text(described + "\n", encoding="utf-8")


class TestLicences:
    def test_every_package_of_the_container_has_one_that_is_allowed(self) -> None:
        done = subprocess.run([sys.executable, LICENCES], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "packages that the container runs have one that is allowed" in done.stdout

    @pytest.mark.parametrize(
        ("lines", "problem"),
        [
            (["License-Expression: MIT"], None),
            (["License-Expression: BSD-3-Clause AND (GPL-3.0-only OR Apache-2.0)"], None),
            (["License-Expression: MPL-2.0 AND (Apache-2.0 OR MIT)"], None),
            (["License-Expression: MIT AND GPL-3.0-only"], "MIT AND GPL-3.0-only, which is not on the list"),
            (["License-Expression: GPL-3.0-only OR (MIT AND AGPL-3.0-only)"], "which is not on the list"),
            (["License: The MIT License (MIT)", "        ", "        Permission is hereby granted"], None),
            (["License: Proprietary"], "Proprietary, which is not on the list"),
            (["Classifier: License :: OSI Approved :: MIT License"], None),
            (["Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)"], "is not on the list"),
            (
                [
                    "Classifier: License :: OSI Approved :: MIT License",
                    "Classifier: License :: OSI Approved :: GNU Affero General Public License v3",
                ],
                "is not on the list",
            ),
            (["Summary: Nothing of a licence"], "says nothing of its licence"),
        ],
    )
    def test_what_is_not_on_the_list_or_unknown_is_a_failure(
        self, tmp_path: Path, lines: list[str], problem: str | None
    ) -> None:
        (tmp_path / "scripts").mkdir()
        shutil.copy(LICENCES, tmp_path / "scripts")
        (tmp_path / "requirements.lock").write_text("odd-package==1.0 \\\n    --hash=sha256:0\n", encoding="utf-8")
        package(tmp_path / "site", "odd_package", *lines)
        done = subprocess.run(
            [sys.executable, tmp_path / "scripts" / "licences.py"],
            env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == (1 if problem else 0), done.stderr
        assert (problem or "") in done.stderr

    def test_a_package_that_is_not_here_is_a_failure(self, tmp_path: Path) -> None:
        (tmp_path / "scripts").mkdir()
        shutil.copy(LICENCES, tmp_path / "scripts")
        (tmp_path / "requirements.lock").write_text("not-here==1.0 \\\n    --hash=sha256:0\n", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, tmp_path / "scripts" / "licences.py"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "not-here: not installed here" in done.stderr


AUDITOR = """#!/bin/sh
while [ $# -gt 0 ]; do
    case $1 in
        --output) output=$2 ;;
        --requirement) requirement=$2 ;;
    esac
    shift
done
case $requirement in
    */bad.txt) said=$ABOUT_BAD ;;
    *) said=$ABOUT_LOCK ;;
esac
[ -z "$said" ] || printf '%s' "$said" >"$output"
case $said in *GHSA* | '') exit 1 ;; esac
"""
"""Stands for pip-audit: it says what the test wants, and ends with 1 for vulnerabilities and for trouble alike."""
PYTHON = """#!/bin/sh
case "$1 $2" in
    "-m venv") mkdir -p "$3/bin" && cp "$AUDITOR" "$3/bin/pip-audit" && cp "$0" "$3/bin/python" ;;
    "-m pip") exit "${PIP:-0}" ;;
    "-m json.tool") cat "$3" ;;
esac
"""
VULNERABLE = '{"dependencies": [{"name": "x", "vulns": [{"id": "GHSA-1234"}]}]}'
CLEAN = '{"dependencies": [{"name": "x", "version": "1.0", "vulns": []}]}'
SKIPPED = '{"dependencies": [{"name": "x", "skip_reason": "Dependency not found"}]}'


class TestAudit:
    """scripts/audit with something in place of pip-audit; nothing here asks the network."""

    @pytest.fixture
    def checkout(self, tmp_path: Path) -> Path:
        for folder in ("scripts", "bin", ".venv/bin"):
            (tmp_path / folder).mkdir(parents=True)
        shutil.copy(REPOSITORY / "scripts" / "audit", tmp_path / "scripts")
        for name, text in [
            ("scripts/install", "#!/bin/sh\n"),
            (".venv/bin/python", "#!/bin/sh\nexit ${LICENCES:-0}\n"),
            ("bin/python3", PYTHON),
            ("bin/auditor", AUDITOR),
        ]:
            path = tmp_path / name
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755)
        return tmp_path

    def audit(self, checkout: Path, **settings: str) -> tuple[int, str]:
        """The exit code, and all that was said."""
        environment = {
            "PATH": f"{checkout / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "AUDITOR": str(checkout / "bin" / "auditor"),
            "ABOUT_BAD": VULNERABLE,
            "ABOUT_LOCK": CLEAN,
            **settings,
        }
        done = subprocess.run(
            [checkout / "scripts" / "audit"], env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    def test_where_nothing_is_known_of_the_packages_it_says_so_of_both_locks(self, checkout: Path) -> None:
        code, said = self.audit(checkout)
        assert code == 0
        assert said.splitlines() == [
            "requirements.lock: no vulnerabilities are known.",
            "requirements-build.lock: no vulnerabilities are known.",
        ]

    @pytest.mark.parametrize(
        "settings",
        [
            pytest.param({"ABOUT_BAD": ""}, id="the service can't be reached"),
            pytest.param({"ABOUT_BAD": SKIPPED}, id="the service does not know the package"),
            pytest.param({"ABOUT_BAD": CLEAN}, id="the service knows nothing bad of what is bad"),
            pytest.param({"ABOUT_LOCK": ""}, id="it breaks in the middle"),
            pytest.param({"ABOUT_LOCK": SKIPPED}, id="it leaves packages out"),
            pytest.param({"PIP": "1"}, id="there is no pip-audit"),
        ],
    )
    def test_where_it_could_not_be_found_out_it_never_looks_green(
        self, checkout: Path, settings: dict[str, str]
    ) -> None:
        code, said = self.audit(checkout, **settings)
        assert code == 3
        assert "NOT AUDITED for vulnerabilities: " in said
        assert "no vulnerabilities are known" not in said

    def test_a_vulnerability_is_a_failure_and_is_shown(self, checkout: Path) -> None:
        code, said = self.audit(checkout, ABOUT_LOCK=VULNERABLE)
        assert code == 1
        assert "GHSA-1234" in said

    def test_a_licence_is_a_failure_before_all_else(self, checkout: Path) -> None:
        assert self.audit(checkout, LICENCES="1") == (1, "")

    def test_ci_goes_on_only_where_it_could_not_be_found_out(self) -> None:
        ci = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
        assert "\nscripts/audit || (($? == 3))\n" in ci

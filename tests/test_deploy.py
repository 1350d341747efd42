"""The container, docker-compose.yml and what lies in deploy/ keep their promises, as far as that can be read in them.

Nothing here is built or started: that takes a Docker engine.
"""

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from typer.core import TyperGroup

from bot.cli import app
from bot.settings import Settings, read_settings

REPOSITORY = Path(__file__).parent.parent
DEPLOY = REPOSITORY / "deploy"
METRICS = REPOSITORY / "bot" / "operations" / "metrics.py"
LARGE = {"shard-0", "shard-1", "postgres", "prometheus", "grafana"}
SECRETS = "/run/secrets/"


def dockerfile() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile in order, comments left out and continued lines joined."""
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line)]


def final_stage() -> list[tuple[str, str]]:
    """The instructions that make the image that runs."""
    instructions = dockerfile()
    last = max(index for index, (word, _) in enumerate(instructions) if word == "FROM")
    return instructions[last:]


def image_environment() -> dict[str, str]:
    """What the image sets for every process."""
    said = " ".join(rest for word, rest in final_stage() if word == "ENV")
    return dict(pair.split("=", 1) for pair in said.split())


def sent_to_the_builder() -> set[str]:
    rules = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [rule for rule in rules if not rule.startswith("#")]
    assert rules[0] == "*", "what is not named stays out"
    return {rule.removeprefix("!") for rule in rules if rule.startswith("!")}


def is_exact(image: str) -> bool:
    """Whether an image is one version, not a series of them."""
    return re.fullmatch(r"[a-z/-]+:v?\d+(\.\d+)+(-[a-z0-9.]+)?", image) is not None and image.count(".") > 0


class TestImage:
    def test_it_runs_the_bot_as_a_fixed_user_that_is_not_root(self) -> None:
        (user,) = [rest for word, rest in final_stage() if word == "USER"]
        assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
        assert ("ENTRYPOINT", '["ending-bot"]') in final_stage()
        assert ("CMD", '["run"]') in final_stage()

    def test_its_database_lies_in_a_volume_that_the_user_owns(self) -> None:
        words = " ".join(rest for _, rest in final_stage())
        assert ("VOLUME", "/data") in final_stage()
        assert image_environment()["DATABASE_URL"].startswith("sqlite+aiosqlite:////data/")
        assert re.search(r"install --directory --owner=bot --group=bot --mode=0700 /data\b", words)

    def test_all_that_it_installs_is_known_by_its_hash(self) -> None:
        installs = [
            part for word, rest in dockerfile() if word == "RUN" for part in rest.split("&&") if " install " in part
        ]
        installs = [part for part in installs if "pip" in part]
        assert len(installs) == 3
        for part in installs:
            from_network = "--require-hashes --only-binary :all: --requirement requirements" in part
            assert from_network or "--no-deps --no-index /wheels/" in part
        (build,) = [
            part for word, rest in dockerfile() if word == "RUN" for part in rest.split("&&") if "pip wheel" in part
        ]
        assert "--no-index --no-build-isolation" in build

    def test_both_stages_begin_with_one_exact_version(self) -> None:
        images = {rest.split()[0] for word, rest in dockerfile() if word == "FROM"}
        assert len(images) == 1
        assert all(map(is_exact, images))

    def test_no_secret_can_get_into_it(self) -> None:
        assert not any("TOKEN" in rest for _, rest in dockerfile())
        assert sent_to_the_builder() == {
            "pyproject.toml",
            "requirements.lock",
            "requirements-build.lock",
            "README.md",
            "LICENSE",
            "bot",
            "content",
        }

    def test_all_that_it_copies_reaches_the_builder(self) -> None:
        copies = [rest.split()[:-1] for word, rest in dockerfile() if word == "COPY" and not rest.startswith("--from")]
        copied = {name for names in copies for name in names}
        assert copied == sent_to_the_builder()
        assert all((REPOSITORY / name).exists() for name in copied)

    def test_docker_can_ask_whether_it_is_well(self) -> None:
        (check,) = [rest for word, rest in final_stage() if word == "HEALTHCHECK"]
        command = json.loads(check.partition("CMD ")[2])
        assert command[:2] == ["python", "-m"]
        assert (REPOSITORY / f"{command[2].replace('.', '/')}.py").is_file(), command[2]
        assert "METRICS_PORT" in image_environment()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def needs(services: dict[str, dict[str, Any]], name: str) -> set[str]:
    """A service with all that it depends on."""
    return {name}.union(*(needs(services, other) for other in services[name].get("depends_on", ())))


def files_in(services: dict[str, dict[str, Any]]) -> Iterator[str]:
    """What services mount of the repository."""
    for service in services.values():
        yield from (volume.split(":")[0] for volume in service.get("volumes", ()) if volume.startswith("./"))


class TestComposeFile:
    def test_by_itself_it_is_the_bot_on_sqlite_alone(self, services: dict[str, dict[str, Any]]) -> None:
        assert {name for name, service in services.items() if "profiles" not in service} == {"bot"}
        assert services["bot"]["volumes"] == ["data:/data"]
        assert not {"ports", "depends_on", "networks"} & services["bot"].keys()
        assert not {"DATABASE_URL", "DATABASE_URL_FILE"} & services["bot"]["environment"].keys()

    def test_the_large_profile_is_what_grafana_needs_and_two_bots_never_run_at_once(
        self, services: dict[str, dict[str, Any]]
    ) -> None:
        assert {name for name, service in services.items() if service.get("profiles") == ["large"]} == LARGE
        assert needs(services, "grafana") == LARGE
        for file in ("docker-compose.yml", "README.md"):
            text = (REPOSITORY / file).read_text(encoding="utf-8")
            commands = re.findall(r"^#? *(docker compose .*--profile.*)$", text, re.MULTILINE)
            ups = [command for command in commands if " up " in command]
            assert ups, file
            assert all(command.endswith(" grafana") for command in ups)

    @pytest.mark.parametrize("name", sorted(LARGE | {"bot"}))
    def test_no_service_gets_more_rights_or_room_than_it_needs(
        self, services: dict[str, dict[str, Any]], name: str
    ) -> None:
        service = services[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["mem_limit"]
        assert service["pids_limit"]
        assert service["logging"] == {"driver": "local"}
        assert service["restart"] == "unless-stopped"
        assert service["stop_grace_period"]
        assert not {"privileged", "network_mode", "cap_add", "pid", "ipc", "devices"} & service.keys()
        assert all(volume.startswith("./") == volume.endswith(":ro") for volume in service.get("volumes", ()))
        assert "docker.sock" not in str(service)

    def test_every_service_is_asked_whether_it_is_well(self, services: dict[str, dict[str, Any]]) -> None:
        own_image = {name for name, service in services.items() if "build" in service}
        assert own_image == {"bot", "shard-0", "shard-1"}
        assert all("healthcheck" in services[name] for name in services.keys() - own_image)
        assert all("healthcheck" not in services[name] for name in own_image), "the image has one"

    def test_images_of_others_are_exact_versions(self, services: dict[str, dict[str, Any]]) -> None:
        images = {service["image"] for service in services.values() if "build" not in service}
        assert len(images) == 3
        assert [image for image in images if not is_exact(image)] == []

    def test_only_the_dashboard_can_be_reached_and_from_this_computer_alone(
        self, compose: dict[str, Any], services: dict[str, dict[str, Any]]
    ) -> None:
        ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
        assert ports == {"grafana": ["127.0.0.1:3000:3000"]}
        assert compose["networks"]["inside"] == {"internal": True}
        assert services["postgres"]["networks"] == services["prometheus"]["networks"] == ["inside"]

    def test_secrets_are_files_and_stand_nowhere_else(
        self, compose: dict[str, Any], services: dict[str, dict[str, Any]]
    ) -> None:
        assert compose["secrets"] == {name: {"file": f"./secrets/{name}"} for name in compose["secrets"]}
        for name, service in services.items():
            environment = service.get("environment", {})
            files = {value.removeprefix(SECRETS) for value in environment.values() if value.startswith(SECRETS)}
            assert files == set(service.get("secrets", ())), name
            secret = {key for key in environment if re.search("TOKEN|PASSWORD|DATABASE_URL", key)}
            assert all(key.endswith("_FILE") or environment[key] == "" for key in secret), name
        used = {secret for service in services.values() for secret in service.get("secrets", ())}
        assert used == compose["secrets"].keys()

    def test_volumes_secrets_and_networks_are_all_declared(
        self, compose: dict[str, Any], services: dict[str, dict[str, Any]]
    ) -> None:
        volumes = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())}
        assert {volume for volume in volumes if not volume.startswith("./")} == compose["volumes"].keys()
        networks = {network for service in services.values() for network in service.get("networks", ())}
        assert networks == compose["networks"].keys()
        assert [name for name in files_in(services) if not (REPOSITORY / name).exists()] == []

    def test_two_processes_share_all_shards(self, services: dict[str, dict[str, Any]]) -> None:
        shards = [services[name]["command"] for name in sorted(services) if name.startswith("shard-")]
        assert shards == [
            ["run", "--shards", f"{n}-{n}", "--shard-count", str(len(shards))] for n in range(len(shards))
        ]

    @pytest.mark.parametrize("name", ["bot", "shard-0", "shard-1"])
    def test_the_program_knows_every_setting_and_option_that_it_is_given(
        self, services: dict[str, dict[str, Any]], name: str
    ) -> None:
        known = {field.upper() for field in Settings.model_fields}
        given = {*services[name]["environment"], *image_environment()} - {
            "PATH",
            "PYTHONDONTWRITEBYTECODE",
            "PYTHONUNBUFFERED",
        }
        assert {setting.removesuffix("_FILE") for setting in given} <= known
        group = typer.main.get_command(app)
        assert isinstance(group, TyperGroup)
        command, *options = services[name].get("command", ["run"])
        there = {option for parameter in group.commands[command].params for option in parameter.opts}
        assert {option for option in options if option.startswith("--")} <= there


class TestContentOfOnesOwn:
    def test_every_bot_can_read_the_checkouts_content_and_not_write_it(
        self, services: dict[str, dict[str, Any]]
    ) -> None:
        added = yaml.safe_load((DEPLOY / "content.yml").read_text(encoding="utf-8"))["services"]
        assert added.keys() == {name for name, service in services.items() if "build" in service}
        for service in added.values():
            assert service == {"volumes": ["./content:/content:ro"], "environment": {"CONTENT_DIR": "/content"}}

    def test_the_readme_says_how_to_tell_them(self) -> None:
        said = (REPOSITORY / "README.md").read_text(encoding="utf-8")
        assert "docker compose --file docker-compose.yml --file deploy/content.yml up" in said
        assert "docker compose kill --signal SIGHUP bot" in said


class TestDatabaseOfTheLargeProfile:
    @pytest.fixture
    def made(self, tmp_path: Path) -> Path:
        """The secrets as scripts/secrets makes them."""
        (tmp_path / "scripts").mkdir()
        script = tmp_path / "scripts" / "secrets"
        script.write_bytes((REPOSITORY / "scripts" / "secrets").read_bytes())
        script.chmod(0o755)
        subprocess.run([script], input="a.token.of-mine\n", text=True, check=True, capture_output=True)
        return tmp_path

    def test_a_process_takes_the_database_of_its_secret_and_not_the_images(
        self, services: dict[str, dict[str, Any]], made: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(made)
        for key, value in (image_environment() | services["shard-0"]["environment"]).items():
            if key.removesuffix("_FILE").lower() in Settings.model_fields:
                monkeypatch.setenv(key, value.replace(SECRETS, f"{made}/secrets/"))
        settings = read_settings()
        password = (made / "secrets" / "database_password").read_text(encoding="utf-8")
        assert len(password) == 48
        assert settings.database_url.get_secret_value() == f"postgresql+asyncpg://ending:{password}@postgres/ending"
        assert settings.discord_token is not None
        assert settings.discord_token.get_secret_value() == "a.token.of-mine"
        postgres = services["postgres"]["environment"]
        assert (postgres["POSTGRES_USER"], postgres["POSTGRES_DB"]) == ("ending", "ending")

    def test_secrets_are_made_once_and_others_of_this_computer_are_kept_out(
        self, compose: dict[str, Any], made: Path
    ) -> None:
        folder = made / "secrets"
        before = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
        assert before.keys() == compose["secrets"].keys()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}, "a container's user reads them"
        again = subprocess.run(
            [made / "scripts" / "secrets"], stdin=subprocess.DEVNULL, check=True, capture_output=True
        )
        assert again.stdout == b""
        assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == before

    def test_without_a_token_nothing_is_made(self, made: Path) -> None:
        for path in (made / "secrets").iterdir():
            path.unlink()
        done = subprocess.run(
            [made / "scripts" / "secrets"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "That was no token" in done.stderr
        assert list((made / "secrets").iterdir()) == []


def metric_names() -> set[str]:
    """The names of all series that the program shows, read from the calls that make them."""
    suffixes = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_count", "_sum"]}
    tree = ast.parse(METRICS.read_text(encoding="utf-8"))
    (prefix,) = re.findall(r'^PREFIX = "(\w+)"$', METRICS.read_text(encoding="utf-8"), re.MULTILINE)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) in suffixes]
    names = [(ast.unparse(call.func), ast.literal_eval(call.args[0])) for call in calls]
    return {f"{prefix}{name}{suffix}" for kind, name in names for suffix in suffixes[kind]}


def expressions() -> Iterator[str]:
    """What alerts and dashboard ask Prometheus for."""
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]:
        yield from (rule["expr"] for rule in group["rules"])
    for panel in dashboard()["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def dashboard() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DEPLOY / "grafana/dashboards/ending-bot.json").read_text(encoding="utf-8"))
    return loaded


class TestWatching:
    def test_every_metric_that_is_asked_for_is_one_that_the_program_shows(self) -> None:
        asked = {name for expression in expressions() for name in re.findall(r"\bending_bot_\w+", expression)}
        assert len(asked) > 15
        assert asked - metric_names() == set()

    def test_nothing_that_the_program_shows_is_overlooked(self) -> None:
        asked = {name for expression in expressions() for name in re.findall(r"\bending_bot_\w+", expression)}
        shown = {re.sub("_(bucket|count|sum)$", "", name) for name in metric_names()}
        overlooked = shown - {re.sub("_(bucket|count|sum)$", "", name) for name in asked}
        assert overlooked <= {"ending_bot_info"}

    def test_brackets_are_closed_and_every_alert_says_what_it_is_about(self) -> None:
        for expression in expressions():
            assert all(
                expression.count(opening) == expression.count(closing) for opening, closing in ("()", "{}", "[]")
            )
        groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        assert len({rule["alert"] for rule in rules}) == len(rules)
        assert all(rule["annotations"]["summary"].endswith(".") for rule in rules)

    def test_prometheus_reads_each_process_at_its_port_and_the_alerts(
        self, services: dict[str, dict[str, Any]]
    ) -> None:
        read = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))
        (job,) = read["scrape_configs"]
        (targets,) = job["static_configs"]
        assert targets["targets"] == [
            f"{name}:{services[name]['environment']['METRICS_PORT']}" for name in ("shard-0", "shard-1")
        ]
        assert services["shard-0"]["environment"]["METRICS_ADDRESS"] == "0.0.0.0"  # noqa: S104 - inside the container
        mounted = {volume.split(":")[1] for volume in services["prometheus"]["volumes"]}
        assert {f"/etc/prometheus/{name}" for name in ("prometheus.yml", *read["rule_files"])} <= mounted
        assert job["job_name"] == "ending-bot"
        jobs = {job for expression in expressions() for job in re.findall(r'job="([^"]*)"', expression)}
        assert jobs == {"ending-bot"}

    def test_grafana_finds_its_source_and_its_dashboard(self, services: dict[str, dict[str, Any]]) -> None:
        provisioning = DEPLOY / "grafana" / "provisioning"
        (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text(encoding="utf-8"))[
            "datasources"
        ]
        assert source["url"] == "http://prometheus:9090"
        panels = dashboard()["panels"]
        assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
        assert len({panel["id"] for panel in panels}) == len(panels)
        (provider,) = yaml.safe_load((provisioning / "dashboards/ending-bot.yml").read_text(encoding="utf-8"))[
            "providers"
        ]
        mounts = dict(volume.split(":")[:2][::-1] for volume in services["grafana"]["volumes"])
        assert mounts[provider["options"]["path"]] == "./deploy/grafana/dashboards"
        home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        assert home == f"{provider['options']['path']}/ending-bot.json"

    def test_no_panel_lies_on_another(self) -> None:
        places = [panel["gridPos"] for panel in dashboard()["panels"]]
        squares = [
            (x, y)
            for place in places
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        assert len(squares) == len(set(squares))
        assert max(x for x, _ in squares) < 24

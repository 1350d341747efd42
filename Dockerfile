# The bot in a container: `docker build --tag ending-bot .`, or `docker compose up --detach`.
FROM python:3.13-slim AS build

WORKDIR /src
# Both names, for older and newer pip: the isolated build environment is held to the same versions.
ENV PIP_CONSTRAINT=/src/constraints.txt \
    PIP_BUILD_CONSTRAINT=/src/constraints.txt \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY bot bot
COPY content content
# The environment has no pip of its own: a running bot installs nothing.
RUN pip wheel --no-deps --wheel-dir /wheels . \
    && python -m venv --without-pip /opt/ending-bot \
    && pip --python /opt/ending-bot/bin/python install "$(echo /wheels/*.whl)[postgres]"

FROM python:3.13-slim

# Fixed ids, so that a volume's files keep their owner from image to image.
RUN groupadd --gid 10001 bot \
    && useradd --uid 10001 --gid bot --no-create-home --home-dir /data --shell /usr/sbin/nologin bot \
    && install --directory --owner=bot --group=bot --mode=0700 /data
COPY --from=build /opt/ending-bot /opt/ending-bot
ENV PATH=/opt/ending-bot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite+aiosqlite:////data/ending-bot.db

USER 10001:10001
WORKDIR /data
VOLUME /data
# No HEALTHCHECK: the bot answers no requests from outside that would show its health. It ends when it can't go on,
# and the restart policy starts it again.
ENTRYPOINT ["ending-bot"]
CMD ["run"]

# The bot in a container: `docker build --tag ending-bot .`, or `docker compose up --detach`.
FROM python:3.13.14-slim AS build

WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
# Before the program, so that a change of it alone brings nothing anew. The locks name each file by its hash, and
# what is running has no pip of its own: it installs nothing.
COPY requirements.lock requirements-build.lock ./
RUN pip install --require-hashes --only-binary :all: --requirement requirements-build.lock \
    && python -m venv --without-pip /opt/ending-bot \
    && pip --python /opt/ending-bot/bin/python install --require-hashes --only-binary :all: --requirement requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY content content
RUN pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels . \
    && pip --python /opt/ending-bot/bin/python install --no-deps --no-index /wheels/*.whl

FROM python:3.13.14-slim

# Fixed ids, so that a volume's files keep their owner from image to image.
RUN groupadd --gid 10001 bot \
    && useradd --uid 10001 --gid bot --no-create-home --home-dir /data --shell /usr/sbin/nologin bot \
    && install --directory --owner=bot --group=bot --mode=0700 /data
COPY --from=build /opt/ending-bot /opt/ending-bot
ENV PATH=/opt/ending-bot/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite+aiosqlite:////data/ending-bot.db \
    METRICS_PORT=9464

USER 10001:10001
WORKDIR /data
VOLUME /data
# The same question as `ending-bot health`, which starts the whole program for it.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "-m", "bot.operations.probe"]
ENTRYPOINT ["ending-bot"]
CMD ["run"]

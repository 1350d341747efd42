"""A running bot as its operator's tools see it: metrics and health over HTTP."""

import asyncio
from collections.abc import Callable, Mapping

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

Samples = Mapping[tuple[str, tuple[str, ...]], float]
"""Values by name and values of the labels, in the order of the labels' names."""


class Watcher:
    """Reads the pages of one bot."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"

    async def page(self, path: str) -> tuple[int, str]:
        """The status and the text of a page."""
        async with aiohttp.ClientSession() as session, session.get(self._base + path) as response:
            return response.status, await response.text()

    async def samples(self) -> Samples:
        """What Prometheus would read now."""
        status, text = await self.page("/metrics")
        assert status == 200
        return {
            (sample.name, tuple(sample.labels[name] for name in sorted(sample.labels))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def until(self, is_so: Callable[[Samples], bool]) -> Samples:
        """Read until it is so; what a member was told is counted a moment later."""
        async with asyncio.timeout(30):
            while not is_so(samples := await self.samples()):  # noqa: ASYNC110 - another process counts
                await asyncio.sleep(0.05)
        return samples

    async def until_status(self, path: str, status: int) -> str:
        """Read a page until it has a status."""
        async with asyncio.timeout(30):
            while (read := await self.page(path))[0] != status:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
        return read[1]

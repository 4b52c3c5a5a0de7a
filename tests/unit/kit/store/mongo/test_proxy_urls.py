"""The proxy of the tests stands in for the server and changes nothing else of its URL."""

from __future__ import annotations

from support.mongo.proxy import MongoProxy


async def test_a_proxy_keeps_credentials_database_and_options_of_the_url() -> None:
    async with MongoProxy("mongodb://ana:p%40ss@127.0.0.1:1/city?retryWrites=false") as proxy:
        port = proxy.url.partition("@127.0.0.1:")[2].partition("/")[0]
        assert proxy.url == f"mongodb://ana:p%40ss@127.0.0.1:{port}/city?retryWrites=false"

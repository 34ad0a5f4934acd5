from __future__ import annotations

from b2sdk.about import get_b2sdk_doc_urls, get_included_sources
from b2sdk.v3 import B2Api, LifecycleRule


def test_the_links_of_a_docstring_are_found_by_their_names() -> None:
    url = "https://www.backblaze.com/docs/cloud-storage-lifecycle-rules"
    assert get_b2sdk_doc_urls(LifecycleRule) == {"B2 Cloud Storage Lifecycle Rules": url}


def test_a_type_without_links_has_none() -> None:
    class Undocumented:
        pass

    assert get_b2sdk_doc_urls(B2Api) == get_b2sdk_doc_urls(Undocumented) == {}


def test_no_source_of_others_is_included() -> None:
    assert get_included_sources() == []
    assert get_included_sources() is get_included_sources()

"""The calls about accounts and keys, and what tests of other programs arrange of them.

What belongs here is who may call, and the views of the keys. Rules are the cloud's; which bucket a call is about is
found in ``raw_simulator``.
"""

from __future__ import annotations

from typing import ClassVar

from b2sdk.exception import InvalidAuthToken, Unauthorized
from b2sdk.simulator.cloud.model import Key
from b2sdk.simulator.raw.bucket_simulator import BucketSimulator
from b2sdk.simulator.raw.counters import IssuedNumber
from b2sdk.simulator.raw.in_process import InProcessApi
from b2sdk.simulator.raw.key_simulator import KeySimulator
from b2sdk.values.json import JsonObject


class AccountSimulator(InProcessApi):
    """The accounts of a cloud, with views of their keys."""

    KEY_SIMULATOR_CLASS: ClassVar[type[KeySimulator]] = KeySimulator
    account_counter: IssuedNumber = IssuedNumber("account")
    auth_token_counter: IssuedNumber = IssuedNumber("token")
    app_key_counter: IssuedNumber = IssuedNumber("key")

    def __init__(self) -> None:
        super().__init__()
        self.bucket_id_to_bucket: dict[str, BucketSimulator] = {}
        self.key_id_to_key: dict[str, KeySimulator] = {}
        self.all_application_keys: list[KeySimulator] = []
        self.auth_token_to_key: dict[str, KeySimulator] = {}
        self.expired_auth_tokens: set[str] = set()
        self.current_token: str | None = None

    def create_account(self) -> tuple[str, str]:
        """Create an account and return its id, which is also the id of its master key, and that key."""
        with self.cloud.lock:
            master_key = self.cloud.keys.create_account().master_key
        self._view_of_key(master_key)
        return master_key.account_id, master_key.secret

    def _view_of_key(self, key: Key) -> KeySimulator:
        view = self.KEY_SIMULATOR_CLASS.of(key, self._bucket_names())
        self.key_id_to_key[key.key_id] = view
        return view

    def _bucket_names(self) -> dict[str, str]:
        return {bucket_id: bucket.bucket_name for bucket_id, bucket in self.bucket_id_to_bucket.items()}

    def expire_auth_token(self, auth_token: str) -> None:
        """Let an account token expire now.

        :raises KeyError: there is no such token.
        """
        with self.cloud.lock:
            self.cloud.keys.expire(auth_token)
        self.expired_auth_tokens.add(auth_token)

    def _assert_account_auth(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        capability: str,
        bucket_id: str | None = None,
        file_name: str | None = None,
    ) -> None:
        """Refuse what a token does not allow; subclasses that add calls of their own begin with it.

        :raises AssertionError: it is another account's token, or the URL is not that of the API.
        :raises InvalidAuthToken: the token is unknown or has expired.
        :raises Unauthorized: its key lacks the capability, or is for other buckets or names.
        """
        if api_url != self.API_URL or account_id != self.key_of(account_auth_token).account_id:
            raise AssertionError("the token is not for this account at this URL")
        self.check_key(account_auth_token, capability, bucket_id, file_name)

    def authorize_account(self, realm_url: str, application_key_id: str, application_key: str) -> JsonObject:
        """Give out a token.

        :raises InvalidAuthToken: the key id or the key is wrong.
        """
        try:
            answer = super().authorize_account(realm_url, application_key_id, application_key)
        except Unauthorized as error:
            known = application_key_id in self.key_id_to_key
            message = "secret key is wrong" if known else "application key ID not valid"
            raise InvalidAuthToken(message, "unauthorized").in_place_of(error) from error
        key = self.key_id_to_key.get(application_key_id) or self._view_of_key(self.cloud.state.keys[application_key_id])
        key.refresh_names(self._bucket_names())
        self.current_token = token = answer["authorizationToken"]
        self.auth_token_to_key[token] = key
        allowed = key.get_allowed()
        storage: JsonObject = {**answer["apiInfo"]["storageApi"], **allowed, "allowed": allowed}
        for name in ("buckets", "infoType"):
            storage.pop(name, None)
        return {**answer, "apiInfo": {"groupsApi": {}, **answer["apiInfo"], "storageApi": storage}}

    def create_key(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        capabilities: list[str],
        key_name: str,
        valid_duration_seconds: int | None,
        bucket_ids: list[str] | None,
        name_prefix: str | None,
    ) -> JsonObject:
        """Create a key, which may be for buckets that do not exist."""
        answer = super().create_key(
            api_url,
            account_auth_token,
            account_id,
            capabilities,
            key_name,
            valid_duration_seconds,
            bucket_ids,
            name_prefix,
        )
        return self._add_key(answer)

    def _add_key(self, answer: JsonObject) -> JsonObject:
        key = self._view_of_key(self.cloud.state.keys[answer["applicationKeyId"]])
        self.all_application_keys.append(key)
        return key.as_created_key()

    def delete_key(self, api_url: str, account_auth_token: str, application_key_id: str) -> JsonObject:
        if not self.cloud.policy.checks_readers:
            account_auth_token = self._token_of_owner(application_key_id)
        super().delete_key(api_url, account_auth_token, application_key_id)
        key = self.key_id_to_key.pop(application_key_id)
        self.all_application_keys.remove(key)
        return key.as_key()

    def _token_of_owner(self, application_key_id: str) -> str:
        """Return a token of the account that has a key; if there is no such key, of any account."""
        with self.cloud.lock:
            owners = [key.account_id for key in self.cloud.state.keys.values() if key.key_id == application_key_id]
            return self.owner_token(*owners[:1] or list(self.cloud.state.accounts)[:1])

    def list_keys(
        self,
        api_url: str,
        account_auth_token: str,
        account_id: str,
        max_key_count: int | None = 1000,
        start_application_key_id: str | None = None,
    ) -> JsonObject:
        answer = super().list_keys(api_url, account_auth_token, account_id, max_key_count, start_application_key_id)
        keys = [self.key_id_to_key[key["applicationKeyId"]].as_key() for key in answer["keys"]]
        return {**answer, "keys": keys}

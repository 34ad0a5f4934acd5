from b2sdk.about import (
    get_b2sdk_doc_urls as get_b2sdk_doc_urls,
    get_included_sources as get_included_sources,
)
from b2sdk.account_info.location import (
    B2_ACCOUNT_INFO_DEFAULT_FILE as B2_ACCOUNT_INFO_DEFAULT_FILE,
    B2_ACCOUNT_INFO_ENV_VAR as B2_ACCOUNT_INFO_ENV_VAR,
    B2_ACCOUNT_INFO_PROFILE_FILE as B2_ACCOUNT_INFO_PROFILE_FILE,
    XDG_CONFIG_HOME_ENV_VAR as XDG_CONFIG_HOME_ENV_VAR,
)
from b2sdk.account_info.upload_url_pool import (
    UploadUrlPool as UploadUrlPool,
)
from b2sdk.cache import (
    AbstractCache as AbstractCache,
    AuthInfoCache as AuthInfoCache,
    DummyCache as DummyCache,
    InMemoryCache as InMemoryCache,
)
from b2sdk.deprecation import (
    FeaturePreviewWarning as FeaturePreviewWarning,
)
from b2sdk.exception import (
    EnvironmentEncodingError as EnvironmentEncodingError,
    IncompleteSync as IncompleteSync,
    InvalidArgument as InvalidArgument,
)
from b2sdk.file_version import (
    DownloadVersion as DownloadVersion,
    DownloadVersionFactory as DownloadVersionFactory,
    FileIdAndName as FileIdAndName,
)
from b2sdk.http.hooks import (
    ClockSkewHook as ClockSkewHook,
    HttpCallback as HttpCallback,
)
from b2sdk.http.response import (
    ResponseContextManager as ResponseContextManager,
)
from b2sdk.http.warning_filter import (
    UrllibWarningFilter as UrllibWarningFilter,
)
from b2sdk.progress import (
    AbstractProgressListener as AbstractProgressListener,
    DoNothingProgressListener as DoNothingProgressListener,
    ProgressListenerForTest as ProgressListenerForTest,
    SimpleProgressListener as SimpleProgressListener,
    TqdmProgressListener as TqdmProgressListener,
    make_progress_listener as make_progress_listener,
)
from b2sdk.protocol_constants import (
    ALL_CAPABILITIES as ALL_CAPABILITIES,
    BUCKET_NAME_CHARS as BUCKET_NAME_CHARS,
    BUCKET_NAME_CHARS_UNIQ as BUCKET_NAME_CHARS_UNIQ,
    BUCKET_NAME_LENGTH_RANGE as BUCKET_NAME_LENGTH_RANGE,
    DEFAULT_MAX_PART_SIZE as DEFAULT_MAX_PART_SIZE,
    DEFAULT_MIN_PART_SIZE as DEFAULT_MIN_PART_SIZE,
    DEFAULT_RECOMMENDED_UPLOAD_PART_SIZE as DEFAULT_RECOMMENDED_UPLOAD_PART_SIZE,
    EVENT_TYPE as EVENT_TYPE,
    LARGE_FILE_SHA1 as LARGE_FILE_SHA1,
    LIST_FILE_NAMES_MAX_LIMIT as LIST_FILE_NAMES_MAX_LIMIT,
    REALM_URLS as REALM_URLS,
    SRC_LAST_MODIFIED_MILLIS as SRC_LAST_MODIFIED_MILLIS,
    SSE_C_KEY_ID_FILE_INFO_KEY_NAME as SSE_C_KEY_ID_FILE_INFO_KEY_NAME,
)
from b2sdk.raw_api.endpoints import (
    MetadataDirectiveMode as MetadataDirectiveMode,
)
from b2sdk.replication.report import (
    ReplicationReport as ReplicationReport,
    ReplicationScanResult as ReplicationScanResult,
)
from b2sdk.scan.clock import (
    current_time_millis as current_time_millis,
)
from b2sdk.scan.folder import (
    AbstractFolder as AbstractFolder,
)
from b2sdk.scan.local_folder import (
    LocalFolder as LocalFolder,
)
from b2sdk.scan.pairs import (
    zip_folders as zip_folders,
)
from b2sdk.scan.parse import (
    parse_folder as parse_folder,
)
from b2sdk.scan.path import (
    AbstractPath as AbstractPath,
    LocalPath as LocalPath,
)
from b2sdk.scan.policies import (
    DEFAULT_SCAN_MANAGER as DEFAULT_SCAN_MANAGER,
    IntegerRange as IntegerRange,
    RegexSet as RegexSet,
    ScanPoliciesManager as ScanPoliciesManager,
    convert_dir_regex_to_dir_prefix_regex as convert_dir_regex_to_dir_prefix_regex,
)
from b2sdk.scan.quantity import (
    format_and_scale_fraction as format_and_scale_fraction,
    format_and_scale_number as format_and_scale_number,
)
from b2sdk.scan.report import (
    ProgressReport as ProgressReport,
)
from b2sdk.scan.result import (
    AbstractScanReport as AbstractScanReport,
    AbstractScanResult as AbstractScanResult,
    CountAndSampleScanReport as CountAndSampleScanReport,
)
from b2sdk.simulator.raw.raw_simulator import (
    FakeResponse as FakeResponse,
    FileSimulator as FileSimulator,
    PartSimulator as PartSimulator,
)
from b2sdk.stream.chained import (
    CachedBytesStreamOpener as CachedBytesStreamOpener,
    StreamOpener as StreamOpener,
)
from b2sdk.stream.digest import (
    IncrementalHexDigester as IncrementalHexDigester,
    hex_sha1_of_bytes as hex_sha1_of_bytes,
    hex_sha1_of_file as hex_sha1_of_file,
    hex_sha1_of_stream as hex_sha1_of_stream,
)
from b2sdk.stream.hashing import (
    StreamWithHash as StreamWithHash,
)
from b2sdk.stream.progress import (
    AbstractStreamWithProgress as AbstractStreamWithProgress,
    ReadingStreamWithProgress as ReadingStreamWithProgress,
    WritingStreamWithProgress as WritingStreamWithProgress,
)
from b2sdk.stream.range import (
    RangeOfInputStream as RangeOfInputStream,
)
from b2sdk.sync.action import (
    AbstractAction as AbstractAction,
)
from b2sdk.sync.encryption_provider import (
    SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER as SERVER_DEFAULT_SYNC_ENCRYPTION_SETTINGS_PROVIDER,
    AbstractSyncEncryptionSettingsProvider as AbstractSyncEncryptionSettingsProvider,
    BasicSyncEncryptionSettingsProvider as BasicSyncEncryptionSettingsProvider,
    ServerDefaultSyncEncryptionSettingsProvider as ServerDefaultSyncEncryptionSettingsProvider,
)
from b2sdk.sync.modes import (
    CompareVersionMode as CompareVersionMode,
    KeepOrDeleteMode as KeepOrDeleteMode,
    NewerFileSyncMode as NewerFileSyncMode,
)
from b2sdk.sync.policy import (
    AbstractFileSyncPolicy as AbstractFileSyncPolicy,
    CopyAndDeletePolicy as CopyAndDeletePolicy,
    CopyAndKeepDaysPolicy as CopyAndKeepDaysPolicy,
    CopyPolicy as CopyPolicy,
    DownAndDeletePolicy as DownAndDeletePolicy,
    DownAndKeepDaysPolicy as DownAndKeepDaysPolicy,
    DownPolicy as DownPolicy,
    UpAndDeletePolicy as UpAndDeletePolicy,
    UpAndKeepDaysPolicy as UpAndKeepDaysPolicy,
    UpPolicy as UpPolicy,
)
from b2sdk.sync.policy_manager import (
    POLICY_MANAGER as POLICY_MANAGER,
    SyncPolicyManager as SyncPolicyManager,
)
from b2sdk.sync.removal import (
    make_b2_keep_days_actions as make_b2_keep_days_actions,
)
from b2sdk.sync.removal_action import (
    B2DeleteAction as B2DeleteAction,
    B2HideAction as B2HideAction,
    LocalDeleteAction as LocalDeleteAction,
)
from b2sdk.sync.report import (
    SyncFileReporter as SyncFileReporter,
    SyncReport as SyncReport,
)
from b2sdk.sync.synchronizer import (
    Synchronizer as Synchronizer,
)
from b2sdk.sync.transfer_action import (
    B2CopyAction as B2CopyAction,
    B2DownloadAction as B2DownloadAction,
    B2UploadAction as B2UploadAction,
)
from b2sdk.text import (
    escape_control_chars as escape_control_chars,
    substitute_control_chars as substitute_control_chars,
    unprintable_to_hex as unprintable_to_hex,
)
from b2sdk.tracing import (
    trace_call as trace_call,
)
from b2sdk.transfer.bounded_queue_executor import (
    BoundedQueueExecutor as BoundedQueueExecutor,
)
from b2sdk.transfer.download import (
    DownloadedFile as DownloadedFile,
    DownloadManager as DownloadManager,
)
from b2sdk.transfer.downloader import (
    AbstractDownloader as AbstractDownloader,
    ParallelDownloader as ParallelDownloader,
    PartToDownload as PartToDownload,
    SimpleDownloader as SimpleDownloader,
)
from b2sdk.transfer.large_file import (
    LargeFileServices as LargeFileServices,
    Part as Part,
    UnfinishedLargeFile as UnfinishedLargeFile,
)
from b2sdk.transfer.large_file_progress import (
    LargeFileUploadState as LargeFileUploadState,
    PartProgressReporter as PartProgressReporter,
)
from b2sdk.transfer.limits import (
    choose_part_ranges as choose_part_ranges,
)
from b2sdk.transfer.local_file import (
    MtimeUpdatedFile as MtimeUpdatedFile,
)
from b2sdk.transfer.local_path import (
    STDOUT_FILEPATH as STDOUT_FILEPATH,
    fix_windows_path_limit as fix_windows_path_limit,
    points_to_fifo as points_to_fifo,
    points_to_stdout as points_to_stdout,
)
from b2sdk.transfer.pool import (
    ThreadPoolMixin as ThreadPoolMixin,
)
from b2sdk.transfer.services import (
    Services as Services,
)
from b2sdk.transfer.source import (
    AbstractUploadSource as AbstractUploadSource,
    CopySource as CopySource,
    OutboundTransferSource as OutboundTransferSource,
    UploadMode as UploadMode,
    UploadSourceBytes as UploadSourceBytes,
    UploadSourceLocalFile as UploadSourceLocalFile,
    UploadSourceLocalFileRange as UploadSourceLocalFileRange,
    UploadSourceStream as UploadSourceStream,
    UploadSourceStreamRange as UploadSourceStreamRange,
)
from b2sdk.transfer.upload import (
    UploadManager as UploadManager,
)
from b2sdk.transfer.write_intent import (
    WriteIntent as WriteIntent,
)
from b2sdk.transfer.writer_thread import (
    WriterThread as WriterThread,
)
from b2sdk.v2 import (
    exception as exception,
)
from b2sdk.v2.account_info import (
    AbstractAccountInfo as AbstractAccountInfo,
    InMemoryAccountInfo as InMemoryAccountInfo,
    StubAccountInfo as StubAccountInfo,
    UrlPoolAccountInfo as UrlPoolAccountInfo,
)
from b2sdk.v2.api import (
    B2Api as B2Api,
)
from b2sdk.v2.api_config import (
    DEFAULT_HTTP_API_CONFIG as DEFAULT_HTTP_API_CONFIG,
    B2HttpApiConfig as B2HttpApiConfig,
)
from b2sdk.v2.application_key import (
    ApplicationKey as ApplicationKey,
    BaseApplicationKey as BaseApplicationKey,
    FullApplicationKey as FullApplicationKey,
)
from b2sdk.v2.b2http import (
    B2Http as B2Http,
)
from b2sdk.v2.bucket import (
    Bucket as Bucket,
    BucketFactory as BucketFactory,
)
from b2sdk.v2.file_version import (
    FileVersion as FileVersion,
    FileVersionFactory as FileVersionFactory,
)
from b2sdk.v2.raw_api import (
    AbstractRawApi as AbstractRawApi,
    B2RawHTTPApi as B2RawHTTPApi,
)
from b2sdk.v2.raw_simulator import (
    BucketSimulator as BucketSimulator,
    KeySimulator as KeySimulator,
    RawSimulator as RawSimulator,
)
from b2sdk.v2.replication.monitor import (
    ReplicationMonitor as ReplicationMonitor,
)
from b2sdk.v2.replication.setup import (
    ReplicationSetupHelper as ReplicationSetupHelper,
)
from b2sdk.v2.scan import (
    AbstractSyncPath as AbstractSyncPath,
    B2Folder as B2Folder,
    B2Path as B2Path,
    B2SyncPath as B2SyncPath,
    LocalSyncPath as LocalSyncPath,
    parse_sync_folder as parse_sync_folder,
)
from b2sdk.v2.session import (
    B2Session as B2Session,
)
from b2sdk.v2.sqlite_account_info import (
    SqliteAccountInfo as SqliteAccountInfo,
)
from b2sdk.v2.utils import (
    TempDir as TempDir,
)
from b2sdk.v2.version_utils import (
    rename_argument as rename_argument,
    rename_function as rename_function,
)
from b2sdk.values.byte_range import (
    EMPTY_RANGE as EMPTY_RANGE,
    Range as Range,
)
from b2sdk.values.encryption import (
    SSE_B2_AES as SSE_B2_AES,
    SSE_NONE as SSE_NONE,
    UNKNOWN_KEY_ID as UNKNOWN_KEY_ID,
    EncryptionAlgorithm as EncryptionAlgorithm,
    EncryptionKey as EncryptionKey,
    EncryptionMode as EncryptionMode,
    EncryptionSetting as EncryptionSetting,
    EncryptionSettingFactory as EncryptionSettingFactory,
)
from b2sdk.values.file_lock import (
    NO_RETENTION_BUCKET_SETTING as NO_RETENTION_BUCKET_SETTING,
    NO_RETENTION_FILE_SETTING as NO_RETENTION_FILE_SETTING,
    UNKNOWN_BUCKET_RETENTION as UNKNOWN_BUCKET_RETENTION,
    UNKNOWN_FILE_LOCK_CONFIGURATION as UNKNOWN_FILE_LOCK_CONFIGURATION,
    UNKNOWN_FILE_RETENTION_SETTING as UNKNOWN_FILE_RETENTION_SETTING,
    BucketRetentionSetting as BucketRetentionSetting,
    FileLockConfiguration as FileLockConfiguration,
    FileRetentionSetting as FileRetentionSetting,
    LegalHold as LegalHold,
    RetentionMode as RetentionMode,
    RetentionPeriod as RetentionPeriod,
)
from b2sdk.values.file_name import (
    b2_url_decode as b2_url_decode,
    b2_url_encode as b2_url_encode,
    validate_b2_file_name_as_path as validate_b2_file_name_as_path,
)
from b2sdk.values.filter import (
    Filter as Filter,
    FilterType as FilterType,
)
from b2sdk.values.json import (
    JSON as JSON,
)
from b2sdk.values.lifecycle import (
    LifecycleRule as LifecycleRule,
)
from b2sdk.values.notification import (
    NotificationRule as NotificationRule,
    NotificationRuleResponse as NotificationRuleResponse,
    notification_rule_response_to_request as notification_rule_response_to_request,
)
from b2sdk.values.replication import (
    ReplicationConfiguration as ReplicationConfiguration,
    ReplicationConfigurationFactory as ReplicationConfigurationFactory,
    ReplicationRule as ReplicationRule,
    ReplicationStatus as ReplicationStatus,
)
from b2sdk.version import (
    USER_AGENT as USER_AGENT,
    VERSION as VERSION,
)

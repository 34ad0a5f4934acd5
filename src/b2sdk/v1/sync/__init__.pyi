from b2sdk.v1.exception import (
    DestFileNewer as DestFileNewer,
)
from b2sdk.v1.file_version import (
    FileVersionInfo as FileVersionInfo,
)
from b2sdk.v1.sync.encryption_provider import (
    AbstractSyncEncryptionSettingsProvider as AbstractSyncEncryptionSettingsProvider,
    SyncEncryptionSettingsProviderWrapper as SyncEncryptionSettingsProviderWrapper,
    wrap_if_necessary as encryption_wrap_if_necessary,
)
from b2sdk.v1.sync.file import (
    B2File as B2File,
    B2FileVersion as B2FileVersion,
    File as File,
    FileVersion as FileVersion,
)
from b2sdk.v1.sync.folder import (
    AbstractFolder as AbstractFolder,
    B2Folder as B2Folder,
    LocalFolder as LocalFolder,
    translate_errors as translate_errors,
)
from b2sdk.v1.sync.folder_parser import (
    parse_sync_folder as parse_sync_folder,
)
from b2sdk.v1.sync.report import (
    SyncReport as SyncReport,
)
from b2sdk.v1.sync.scan_policies import (
    DEFAULT_SCAN_MANAGER as DEFAULT_SCAN_MANAGER,
    ScanPoliciesManager as ScanPoliciesManager,
    ScanPoliciesManagerWrapper as ScanPoliciesManagerWrapper,
    wrap_if_necessary as scan_wrap_if_necessary,
    wrap_if_necessary as wrap_if_necessary,
)
from b2sdk.v1.sync.sync import (
    Synchronizer as Synchronizer,
    zip_folders as zip_folders,
)

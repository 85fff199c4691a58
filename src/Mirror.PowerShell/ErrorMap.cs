using System.Management.Automation;
using Mirror.Core.Control;
using Mirror.Core.Disks;
using Mirror.Core.Mounts;
using Mirror.Core.Restore;
using Mirror.Core.Security;
using Mirror.Driver.Taps;
using Mirror.Dump;
using Mirror.Dump.Encryption.Age;
using Mirror.Hosting.Settings;

namespace Mirror.PowerShell;

/// <summary>Which id and category an operation's failure has.</summary>
internal static class ErrorMap
{
    /// <summary>Names a failure.</summary>
    public static (string Id, ErrorCategory Category) Of(Exception exception) => exception switch
    {
        UsageException { Missing: not null } => (ErrorIds.SettingMissing, ErrorCategory.InvalidArgument),
        UsageException or FormatException or ArgumentException => (ErrorIds.SettingInvalid, ErrorCategory.InvalidArgument),
        SecretException => (ErrorIds.SecretUnusable, ErrorCategory.SecurityError),
        DiskNotFoundException => (ErrorIds.DiskNotFound, ErrorCategory.ObjectNotFound),
        TapUnavailableException => (ErrorIds.TapUnavailable, ErrorCategory.ResourceUnavailable),
        MirrorControlException { Failure: ControlFailure.NotRunning } => (ErrorIds.NotRunning, ErrorCategory.ObjectNotFound),
        MirrorControlException { Failure: ControlFailure.InUse } => (ErrorIds.InUse, ErrorCategory.ResourceBusy),
        MirrorControlException { Failure: ControlFailure.Unreachable } => (ErrorIds.Unreachable, ErrorCategory.ResourceUnavailable),
        MirrorControlException { Failure: ControlFailure.Ambiguous } => (ErrorIds.Ambiguous, ErrorCategory.InvalidArgument),
        MirrorControlException { Failure: ControlFailure.NotFound } => (ErrorIds.SnapshotNotFound, ErrorCategory.ObjectNotFound),
        MirrorControlException { Failure: ControlFailure.Invalid } => (ErrorIds.SettingInvalid, ErrorCategory.InvalidArgument),
        MirrorControlException { Failure: ControlFailure.CloneUnsupported } => (ErrorIds.CloneUnsupported, ErrorCategory.NotImplemented),
        MirrorControlException => (ErrorIds.Refused, ErrorCategory.InvalidOperation),
        // What a mount needs of a server fails as that does elsewhere; the message of the outer one says more.
        MountException { InnerException: MirrorControlException inner } => Of(inner),
        MountException => (ErrorIds.MountFailed, ErrorCategory.InvalidOperation),
        TargetException => (ErrorIds.TargetUnusable, ErrorCategory.InvalidOperation),
        RestoreRefusedException { IsSnapshotMissing: true } => (ErrorIds.SnapshotNotFound, ErrorCategory.ObjectNotFound),
        RestoreException or RestoreRefusedException => (ErrorIds.RestoreFailed, ErrorCategory.InvalidResult),
        AgeFormatException => (ErrorIds.SecretUnusable, ErrorCategory.SecurityError),
        DamagedException => (ErrorIds.ArchiveUnusable, ErrorCategory.InvalidData),
        UnauthorizedAccessException => (ErrorIds.AccessDenied, ErrorCategory.PermissionDenied),
        IOException or InvalidDataException or System.Net.Sockets.SocketException => (ErrorIds.InputOutput, ErrorCategory.ReadError),
        _ => (ErrorIds.Unexpected, ErrorCategory.NotSpecified),
    };
}

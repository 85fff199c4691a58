@{
    RootModule             = 'Mirror.PowerShell.dll'
    # First: it lets the root module's references be met from dependencies/.
    NestedModules          = @('Mirror.PowerShell.Loader.dll')
    ModuleVersion          = '0.0.0'
    GUID                   = '6f0a6f3e-5d0c-4b39-9a55-4f9a6b1d7f10'
    Author                 = 'The DiskMirror developers'
    CompanyName            = 'DiskMirror'
    Copyright              = 'The DiskMirror developers'
    Description            = 'A live mirror of a disk in use, over the network: byte for byte, consistent at every mark, without a kernel module.'
    CompatiblePSEditions   = @('Core')
    PowerShellVersion      = '7.6'
    ProcessorArchitecture  = 'None'
    FormatsToProcess       = @('DiskMirror.Format.ps1xml')
    TypesToProcess         = @('DiskMirror.Types.ps1xml')
    CmdletsToExport        = @(
        'Approve-MirrorDisk'
        'Disable-MirrorVolume'
        'Dismount-MirrorSnapshot'
        'Enable-MirrorVolume'
        'Export-MirrorDump'
        'Get-MirrorDisk'
        'Get-MirrorDumpItem'
        'Get-MirrorSnapshot'
        'Get-MirrorStatus'
        'Initialize-MirrorVolume'
        'Invoke-MirrorFreeze'
        'Invoke-MirrorRescan'
        'Mount-MirrorSnapshot'
        'New-MirrorSecret'
        'New-MirrorSnapshot'
        'Register-MirrorService'
        'Remove-MirrorSnapshot'
        'Remove-MirrorVolume'
        'Rename-MirrorVolume'
        'Restore-MirrorDisk'
        'Set-MirrorSnapshotRule'
        'Restore-MirrorDump'
        'Start-MirrorClient'
        'Start-MirrorServer'
        'Stop-MirrorClient'
        'Stop-MirrorServer'
        'Test-MirrorDump'
        'Test-MirrorHealth'
        'Test-MirrorVolume'
        'Unprotect-MirrorDump'
        'Unregister-MirrorService'
        'Wait-Mirror'
    )
    FunctionsToExport      = @()
    VariablesToExport      = @()
    AliasesToExport        = @()
    PrivateData            = @{
        PSData = @{
            Tags         = @('disk', 'mirror', 'backup', 'replication', 'eBPF', 'Linux', 'PSEdition_Core')
            ReleaseNotes = 'See README.md.'
        }
    }
}

<#
.SYNOPSIS
Runs the Pester tests, and writes 'passed failed skipped' into a file, with the skipped ones and their reasons in another.
#>
param([Parameter(Mandatory)] [string] $Counts, [Parameter(Mandatory)] [string] $Skips)
$ErrorActionPreference = 'Stop'
Import-Module Pester -MinimumVersion 5.0.0
$configuration = New-PesterConfiguration
$configuration.Run.Path = $PSScriptRoot
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Normal'
$result = Invoke-Pester -Configuration $configuration
# A file or block that failed as a whole has no failed test of its own.
$failed = $result.FailedCount + $result.FailedContainersCount + $result.FailedBlocksCount
"$($result.PassedCount) $failed $($result.SkippedCount + $result.NotRunCount)" | Set-Content $Counts
$result.Skipped | ForEach-Object { "  skipped: $($_.ExpandedPath): $($_.ErrorRecord.Exception.Message -replace '\s+', ' ')" } | Add-Content $Skips

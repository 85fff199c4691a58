<#
.SYNOPSIS
Builds, tests and shows DiskMirror: the tasks of build.sh for PowerShell users.
.PARAMETER Task
build, test, demo, bench, format or clean; './build.sh help' describes them.
.PARAMETER Arguments
Passed on to the task.
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('build', 'test', 'demo', 'bench', 'format', 'clean', 'help')]
    [string] $Task = 'build',

    [Parameter(Position = 1, ValueFromRemainingArguments)]
    [string[]] $Arguments = @()
)
& (Join-Path $PSScriptRoot 'build.sh') $Task @Arguments
exit $LASTEXITCODE

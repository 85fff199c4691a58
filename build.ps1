<#
.SYNOPSIS
Builds, tests, shows and packages DiskMirror from PowerShell. What build.sh does already is left to it.
.DESCRIPTION
A step that fails fails the script: its exit code is not zero.
.PARAMETER Task
Build: the program and the module. Test: every test that this machine can run. Demo: mirrors a disk in use. Help: makes the help of the cmdlets (MAML) from docs/cmdlets,
with Microsoft.PowerShell.PlatyPS. Package: zip and nupkg of the module in out/package. SingleFile, Bench, Format, Clean: see './build.sh help'.
.PARAMETER Arguments
Passed on to the task.
.EXAMPLE
./build.ps1 -Task Build
.EXAMPLE
./build.ps1 -Task Test -Arguments PowerShell
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Demo', 'Help', 'Package', 'SingleFile', 'Bench', 'Format', 'Clean')]
    [string] $Task = 'Build',

    [Parameter(Position = 1, ValueFromRemainingArguments)]
    [string[]] $Arguments = @()
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$module = Join-Path $PSScriptRoot 'out/module/DiskMirror'

function New-ModuleHelp {
    <# .SYNOPSIS Makes the module's MAML file. #>
    [CmdletBinding(SupportsShouldProcess)]
    param([string] $ModulePath)

    if (-not (Test-Path $ModulePath)) { throw "There is no $ModulePath. Build first: ./build.ps1 -Task Build" }
    if (-not (Get-Module -ListAvailable Microsoft.PowerShell.PlatyPS)) {
        Write-Output 'Help of the cmdlets was not made: the module Microsoft.PowerShell.PlatyPS is not on this machine (Install-PSResource Microsoft.PowerShell.PlatyPS).'
        return
    }
    Import-Module Microsoft.PowerShell.PlatyPS
    $pages = Get-ChildItem (Join-Path $PSScriptRoot 'docs/cmdlets') -Filter '*-*.md'
    $made = Join-Path ([System.IO.Path]::GetTempPath()) "diskmirror-help-$([guid]::NewGuid().ToString('n'))"
    if (-not $PSCmdlet.ShouldProcess($ModulePath, 'Make the help')) { return }
    try {
        $null = Import-MarkdownCommandHelp -LiteralPath $pages.FullName | Export-MamlCommandHelp -OutputFolder $made -Force
        $file = Get-ChildItem $made -Recurse -Filter 'Mirror.PowerShell.dll-Help.xml' | Select-Object -First 1
        if (-not $file) { throw 'PlatyPS made no Mirror.PowerShell.dll-Help.xml.' }
        $null = New-Item -ItemType Directory -Force (Join-Path $ModulePath 'en-US')
        Copy-Item $file.FullName (Join-Path $ModulePath 'en-US') -Force
        Write-Output "Help of $($pages.Count) cmdlets made."
    }
    finally {
        Remove-Item $made -Recurse -Force -ErrorAction Ignore
    }
}

if ($Task -eq 'Help') {
    New-ModuleHelp -ModulePath $module
    exit 0
}
& (Join-Path $PSScriptRoot 'build.sh') $Task.ToLowerInvariant() @Arguments
exit $LASTEXITCODE

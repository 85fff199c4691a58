# What all Pester tests use. They test the built module folder, and nothing else of this repository.
$Repository = (Resolve-Path (Join-Path $PSScriptRoot ../..)).Path
$ModulePath = Join-Path $Repository out/module/DiskMirror
$Pwsh = (Get-Process -Id $PID).Path
if (-not (Test-Path $ModulePath)) { throw "There is no $ModulePath. Build first: ./build.ps1 -Task Build" }
# Sockets, ids and whatever this host is set up with: all apart from these tests.
foreach ($name in 'SERVER', 'SECRET_FILE', 'VOLUME', 'STORE', 'CONFIG') { Remove-Item "env:DISKMIRROR_$name" -ErrorAction Ignore }

function Get-ErrorId {
    <# .SYNOPSIS The first part of the id of the error that a script ends with. #>
    param([scriptblock] $Script)
    try {
        $null = & $Script
        'none'
    }
    catch {
        $_.FullyQualifiedErrorId.Split(',')[0]
    }
}

function Wait-Until {
    <# .SYNOPSIS Waits for a condition, one minute at most. #>
    param([scriptblock] $Condition, [string] $What = 'the condition')
    $deadline = [datetime]::UtcNow.AddMinutes(1)
    while (-not (& $Condition)) {
        if ([datetime]::UtcNow -gt $deadline) { throw "Waited in vain for $What." }
        Start-Sleep -Milliseconds 50
    }
}

# Another shell, with its own process, told to stop by a signal (2 is Ctrl-C) or killed (9).
function Start-Shell {
    [Diagnostics.CodeAnalysis.SuppressMessageAttribute('PSUseShouldProcessForStateChangingFunctions', '')]
    param([string] $Command, [string] $Output)
    Start-Process -FilePath env -ArgumentList '--default-signal=INT,TERM', $Pwsh, '-NoProfile', '-NonInteractive', '-EncodedCommand',
        ([Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes("Import-Module '$ModulePath'; $Command"))) -RedirectStandardOutput $Output -RedirectStandardError "$Output.error" -PassThru
}

# Every cmdlet, every parameter set, error ids, pipeline binding, formatting and -WhatIf, with a plain file in the place of the disk: needs no root.
BeforeAll {
    . $PSScriptRoot/Shared.ps1
    Import-Module $ModulePath -Force
    $work = Join-Path ([System.IO.Path]::GetTempPath()) "dmps-$([guid]::NewGuid().ToString('n').Substring(0, 8))"
    $null = New-Item -ItemType Directory $work
    $env:DISKMIRROR_RUN = Join-Path $work run
    New-MirrorSecret -Path $work/master.secret
    truncate -s 4M $work/disk
    $server = Start-MirrorServer -Store $work/store -ListenAddress 127.0.0.1 -Port 0 -SecretPath $work/master.secret -Name main
    $common = @{ Server = "$($server.EndPoint)"; SecretPath = "$work/master.secret"; StateDirectory = "$work/state"; Tap = 'rescan-only'; WarningAction = 'SilentlyContinue' }
    $client = Start-MirrorClient -Disk $work/disk -Volume home @common
    Wait-Mirror home -TimeoutSec 60
}

AfterAll {
    Remove-Module DiskMirror
    Remove-Item $work -Recurse -Force -ErrorAction Ignore
    Remove-Item env:DISKMIRROR_RUN
}

Describe 'New-MirrorSecret' {
    It 'writes a master that only its owner can read, once' {
        New-MirrorSecret -Path $work/new.secret -PassThru | Should -Match '^dm1-master-'
        (Get-Item $work/new.secret).UnixMode | Should -Be '-rw-------'
        Get-ErrorId { New-MirrorSecret -Path $work/new.secret -ErrorAction Stop } | Should -Be InUse
    }
    It 'derives what a client needs, by the pipeline' {
        [pscustomobject]@{ Volume = 'home'; Path = "$work/home.secret" } | New-MirrorSecret -MasterPath $work/master.secret
        Get-Content $work/home.secret | Should -Match '^dm1-client-home-mirror-'
        New-MirrorSecret -MasterPath $work/master.secret -Volume home -Right restore | Should -Match '^dm1-client-home-restore-'
    }
    It 'writes nothing with -WhatIf' {
        New-MirrorSecret -Path $work/not.secret -WhatIf
        Test-Path $work/not.secret | Should -BeFalse
    }
    It 'takes paths relative to the shell''s location' {
        Push-Location $work
        try { New-MirrorSecret -Path ./relative.secret } finally { Pop-Location }
        Test-Path $work/relative.secret | Should -BeTrue
    }
}

Describe 'Get-MirrorDisk' {
    It 'finds a disk again by its number and its path, by the pipeline too' {
        $first = @(Get-MirrorDisk | Where-Object Number -EQ 1)[0]
        if (-not $first) { Set-ItResult -Skipped -Because 'this host shows no disks' }
        (Get-MirrorDisk 1).Path | Should -Be $first.Path
        ($first.Path | Get-MirrorDisk).Path | Should -Be $first.Path
        ($first | Get-MirrorDisk).Path | Should -Be $first.Path
        foreach ($name in 'Number', 'Path', 'Size', 'Model', 'Serial', 'Mounts', 'CanTap') { $first.PSObject.Properties.Name | Should -Contain $name }
    }
    It 'names what is there when a disk is not' {
        Get-ErrorId { Get-MirrorDisk 9999 -ErrorAction Stop } | Should -Be DiskNotFound
    }
}

Describe 'Get-MirrorStatus' {
    It 'shows one line a volume' {
        $lines = Get-MirrorStatus home | Where-Object Role -EQ Client | Select-Object -Property * | ForEach-Object {
            $_.PSTypeNames.Insert(0, 'Mirror.Core.Operations.LiveStatus'); $_.Speed = '0 B/s'; $_.ImageAge = '1.0 s'; $_.Disk = '/dev/sdb'; $_.Peer = 'backup:7410'; $_
        } | Format-Table | Out-String -Width 130
        $lines = ($lines -replace '\x1b\[[0-9;]*m') -split '\r?\n' | ForEach-Object TrimEnd | Where-Object { $_ }
        $lines | Should -Be @(
            'Volume           Role   State    Rate Progress  Waiting      Speed    Image age Disk                 Peer'
            '------           ----   -----    ---- --------  -------      -----    --------- ----                 ----'
            'home             Client Live     Off         -      0 B      0 B/s        1.0 s /dev/sdb             backup:7410')
    }
    It 'shows everything as a list, and what is now when it is read' {
        $live = Get-MirrorStatus home | Where-Object Role -EQ Client
        $list = $live | Format-List | Out-String
        foreach ($name in 'Volume', 'Role', 'State', 'Rate', 'Tap', 'TapReason', 'SizeBytes', 'PendingBytes', 'CommittedMark', 'ConsistentAgeSeconds', 'LastError', 'Needs', 'ProcessId') {
            $list | Should -Match "(?m)^\S*$name\s"
        }
        $live.ProcessId | Should -Be $PID
        $live.Snapshot().Volume | Should -Be home
    }
    It 'takes names from the pipeline and wildcards' {
        @('home' | Get-MirrorStatus).Count | Should -Be 2
        @(Get-MirrorStatus 'h*').Count | Should -Be 2
        @(Get-MirrorStatus 'x*').Count | Should -Be 0
        Get-ErrorId { Get-MirrorStatus nothing -ErrorAction Stop } | Should -Be NotRunning
    }
    It 'shows servers' {
        (Get-MirrorStatus -Server).Name | Should -Be main
    }
    It 'watches until it is stopped' {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$ModulePath'; Get-MirrorStatus -Watch")
            $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
            $running = $shell.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]]::new(), $output)
            # Without a screen objects come again and again; with one it is redrawn.
            if ([Console]::IsOutputRedirected) { Wait-Until { $output.Count -ge 4 } 'two rounds' }
            $shell.Stop()
            $running.IsCompleted | Should -BeTrue
        }
        finally { $shell.Dispose() }
    }
}

Describe 'Wait-Mirror and Invoke-MirrorRescan' {
    It 'wait for a state and for a scan, by the pipeline' {
        ($client | Wait-Mirror -TimeoutSec 60 -PassThru).State | Should -Be Live
        $before = $client.Status.Scans
        $client | Invoke-MirrorRescan -Wait -TimeoutSec 60
        $client.Status.Scans | Should -BeGreaterThan $before
    }
    It 'say why they wait in vain' {
        Get-ErrorId { Wait-Mirror home -State NoConn -TimeoutSec 0 -ErrorAction Stop } | Should -Be TimedOut
        Get-ErrorId { Invoke-MirrorRescan nothing -ErrorAction Stop } | Should -Be NotRunning
        Get-ErrorId { Wait-Mirror home -State NoConn -Idle -ErrorAction Stop } | Should -Be Refused
    }
    It 'end with the pipeline' {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$ModulePath'; Wait-Mirror home -State NoConn")
            $running = $shell.BeginInvoke()
            Wait-Until { $shell.Streams.Progress.Count -gt 0 } 'progress'
            $shell.Stop()
            $running.IsCompleted | Should -BeTrue
        }
        finally { $shell.Dispose() }
    }
}

Describe 'Test-MirrorHealth' {
    It 'finds each end, or says yes or no' {
        @(Test-MirrorHealth).Count | Should -Be 2
        Test-MirrorHealth home -Quiet | Should -BeOfType bool
        Test-MirrorHealth nothing -Quiet | Should -BeFalse
        (Test-MirrorHealth nothing).Level | Should -Be Critical
        ('home' | Test-MirrorHealth -MaxAgeSec 3600)[0].Message | Should -Match '^home '
    }
}

Describe 'Start-MirrorClient and Start-MirrorServer' {
    It 'say what is missing and how to give it' {
        Get-ErrorId { Start-MirrorClient -Disk $work/disk } | Should -Be SettingMissing
        { Start-MirrorClient -Disk $work/disk } | Should -Throw '*-Server is missing*DISKMIRROR_SERVER*'
        Get-ErrorId { Start-MirrorServer } | Should -Be SettingMissing
    }
    It 'say what is wrong' {
        Get-ErrorId { Start-MirrorClient -Disk $work/disk -Volume '../x' @common } | Should -Be SettingInvalid
        Get-ErrorId { Start-MirrorClient -Disk 9999 -Volume other @common } | Should -Be DiskNotFound
        Get-ErrorId { Start-MirrorClient -Disk $work/disk -Volume home @common } | Should -Be InUse
        Get-ErrorId { Start-MirrorClient -Disk $work/disk -Volume other -Server h -Port 1 -SecretPath $work/missing } | Should -Be InputOutput
        Set-Content $work/bad.secret x
        chmod 600 $work/bad.secret
        Get-ErrorId { Start-MirrorServer -Store $work/other -SecretPath $work/bad.secret } | Should -Be SecretUnusable
    }
    It 'take the rest from the environment' {
        truncate -s 1M $work/second
        New-MirrorSecret -MasterPath $work/master.secret -Volume second -Path $work/second.secret
        $env:DISKMIRROR_SERVER = "$($server.EndPoint)"
        $env:DISKMIRROR_SECRET_FILE = "$work/second.secret"
        try {
            $second = Start-MirrorClient -Disk $work/second -StateDirectory $work/state -Tap rescan-only -WarningVariable warned -WarningAction SilentlyContinue -LogPath $work/second.log
            $second.Volume | Should -Be second
            $second | Wait-Mirror -TimeoutSec 60
            $second | Stop-MirrorClient
            $second.IsRunning | Should -BeFalse
            Get-Content $work/second.log -Raw | Should -Match 'CatchUp -> Live'
        }
        finally { Remove-Item env:DISKMIRROR_SERVER, env:DISKMIRROR_SECRET_FILE }
    }
    It 'start nothing with -WhatIf' {
        Start-MirrorClient -Disk $work/disk -Volume nothing -WhatIf @common
        Start-MirrorServer -Store $work/nothing -Port 0 -SecretPath $work/master.secret -WhatIf
        Test-Path $work/nothing | Should -BeFalse
        @(Get-MirrorStatus).Count | Should -BeLessOrEqual 3
    }
    It 'raise events that can be subscribed to' {
        truncate -s 1M $work/third
        $third = Start-MirrorClient -Disk $work/third -Volume third @common
        $subscription = Register-ObjectEvent -InputObject $third -EventName Stopped -SourceIdentifier third.stopped
        Wait-Mirror third -TimeoutSec 60
        Stop-MirrorClient third
        $raised = Wait-Event -SourceIdentifier third.stopped -Timeout 30
        $raised.SourceEventArgs.Message | Should -Be 'third: stopped'
        Unregister-Event -SourceIdentifier third.stopped
        Remove-Event -SourceIdentifier third.stopped
    }
    It 'stay with -Wait, tell what happens, and end cleanly with the pipeline' {
        truncate -s 1M $work/fourth
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$ModulePath'; Start-MirrorClient -Disk $work/fourth -Volume fourth -Server $($server.EndPoint) -SecretPath $work/master.secret -StateDirectory $work/state -Tap rescan-only -Wait -Verbose")
            $running = $shell.BeginInvoke()
            Wait-Until { "$($shell.Streams.Verbose)" -match 'CatchUp -> Live' } 'the state'
            "$($shell.Streams.Progress)" | Should -Match 'Mirroring fourth'
            $shell.Stop()
            $running.IsCompleted | Should -BeTrue
            (Get-MirrorStatus | Where-Object { $_.Volume -eq 'fourth' -and $_.Role -eq 'Client' }) | Should -BeNullOrEmpty
        }
        finally { $shell.Dispose() }
    }
}

Describe 'Test-MirrorVolume' {
    It 'says why it cannot, and asks only to repair' {
        # The writes of a plain file are not seen; what a verify finds is tested with a loop disk.
        Get-ErrorId { $client | Test-MirrorVolume -Limit 1M -ErrorAction Stop } | Should -Be Refused
        Test-MirrorVolume home -Repair -WhatIf | Should -BeNullOrEmpty
        Get-ErrorId { Test-MirrorVolume nothing -ErrorAction Stop } | Should -Be NotRunning
        Get-ErrorId { Test-MirrorVolume home -Limit 1 -ErrorAction Stop } | Should -Be SettingInvalid
    }
}

Describe 'Restore-MirrorDisk' {
    BeforeAll {
        $from = @{ Server = "$($server.EndPoint)"; SecretPath = "$work/master.secret"; AsItIs = $true; WarningAction = 'SilentlyContinue' }
    }
    It 'brings a volume back into a new file, relative to the shell, and makes none with -WhatIf' {
        Push-Location $work
        try {
            'home' | Restore-MirrorDisk -To ./restored -WhatIf @from | Should -BeNullOrEmpty
            Test-Path $work/restored | Should -BeFalse
            $result = 'home' | Restore-MirrorDisk -To ./restored @from
        }
        finally { Pop-Location }
        $result.Source.SizeBytes | Should -Be 4MB
        $result | Format-Table | Out-String -Width 150 | Should -Match '(?m)^home .* 4[.,]0 '
        cmp $work/disk $work/restored
        $LASTEXITCODE | Should -Be 0
    }
    It 'asks before it overwrites, tells what, and obeys -Force and -WhatIf' {
        Set-Content $work/precious precious
        $arguments = "-To $work/precious -Server $($server.EndPoint) -SecretPath $work/master.secret -AsItIs"
        $said = & $Pwsh -NoProfile -NonInteractive -Command "Import-Module '$ModulePath'; Restore-MirrorDisk home $arguments" *>&1 | Out-String
        $said | Should -Match 'NonInteractive'
        $said = & $Pwsh -NoProfile -NonInteractive -Command "Import-Module '$ModulePath'; Restore-MirrorDisk home $arguments -Force -WhatIf; `$WhatIfPreference = `$true; Restore-MirrorDisk home $arguments -Force" *>&1 | Out-String
        [regex]::Matches($said, 'What if: .*Volume home').Count | Should -Be 2
        Get-Content $work/precious | Should -Be precious
        Restore-MirrorDisk home -To $work/precious -Force @from | Should -Not -BeNullOrEmpty
        cmp $work/disk $work/precious
        $LASTEXITCODE | Should -Be 0
    }
    It 'says why it cannot' {
        Get-ErrorId { Restore-MirrorDisk home -To $work @from -ErrorAction Stop } | Should -Be TargetUnusable
        Get-ErrorId { Restore-MirrorDisk home -To $work/disk -Force @from -ErrorAction Stop } | Should -Be TargetUnusable
        Get-ErrorId { Restore-MirrorDisk home -To $work/no -Snapshot missing @from -ErrorAction Stop } | Should -Be SnapshotNotFound
        Get-ErrorId { Restore-MirrorDisk '../x' -To $work/no @from -ErrorAction Stop } | Should -Be SettingInvalid
        Get-ErrorId { Restore-MirrorDisk home -To $work/no -ErrorAction Stop } | Should -Be SettingMissing
        Test-Path $work/no | Should -BeFalse
    }
}

Describe 'Approve-MirrorDisk' {
    It 'asks, because it cannot be undone' {
        (Get-Command Approve-MirrorDisk).ScriptBlock | Should -BeNullOrEmpty
        Approve-MirrorDisk home -WhatIf
        Approve-MirrorDisk home -Confirm:$false
        Get-ErrorId { Approve-MirrorDisk nothing -Confirm:$false -ErrorAction Stop } | Should -Be NotRunning
        # Nobody can be asked here, so without -Confirm:$false it does not do it.
        $said = & $Pwsh -NoProfile -NonInteractive -Command "Import-Module '$ModulePath'; Approve-MirrorDisk home -Replace" *>&1 | Out-String
        $said | Should -Match 'NonInteractive'
    }
}

Describe 'Register-MirrorService' {
    It 'writes configuration and unit below a root, and takes them away' {
        # Not below /tmp, which services do not see.
        $place = New-Item -ItemType Directory "/opt/dmps-$([guid]::NewGuid().ToString('n'))" -ErrorAction SilentlyContinue
        if (-not $place) { Set-ItResult -Skipped -Because '/opt cannot be written' }
        try {
            Copy-Item $work/master.secret $place
            Copy-Item $work/disk $place
            chmod 600 $place/master.secret
            Register-MirrorService -Disk $place/disk -Server backup -Volume home -SecretPath $place/master.secret -Root $work/root -WhatIf
            Test-Path $work/root | Should -BeFalse
            $made = Register-MirrorService -Disk $place/disk -Server backup -Volume home -SecretPath $place/master.secret -Root $work/root -Setting @{ limit = '1M' }
            $made.Unit | Should -Be diskmirror-client@home.service
            Get-Content $made.ConfigPath | Should -Contain 'limit = 1M'
            (Register-MirrorService -Store $place/store -SecretPath $place/master.secret -Root $work/root).Unit | Should -Be diskmirror-server.service
            Get-ErrorId { Register-MirrorService -Store $place/store -SecretPath $place/master.secret -Root $work/root } | Should -Be InUse
            Get-ErrorId { Register-MirrorService -Store /tmp/store -SecretPath $place/master.secret -Root $work/root -Force } | Should -Be SettingInvalid
            $made | Unregister-MirrorService -Root $work/root -Confirm:$false
            Unregister-MirrorService server Server -Root $work/root -Confirm:$false
            Get-ChildItem $work/root -Recurse -File | Should -BeNullOrEmpty
            Get-ErrorId { Unregister-MirrorService home -Root $work/root -Confirm:$false -ErrorAction Stop } | Should -Be NotRunning
        }
        finally { Remove-Item $place -Recurse -Force }
    }
}

Describe 'Two shells at once' {
    It 'see and stop what the other one started' {
        truncate -s 1M $work/fifth
        $shell = Start-Shell "`$client = Start-MirrorClient -Disk $work/fifth -Volume fifth -Server $($server.EndPoint) -SecretPath $work/master.secret -StateDirectory $work/state -Tap rescan-only; `$client.Completion.Wait(); 'ended'" $work/fifth.out
        try {
            Wait-Until { Get-MirrorStatus 'fifth' -ErrorAction Ignore | Where-Object Role -EQ Client } 'the other shell''s client'
            (Get-MirrorStatus fifth | Where-Object Role -EQ Client).ProcessId | Should -Not -Be $PID
            Stop-MirrorClient fifth -WhatIf
            Stop-MirrorClient fifth
            $shell.WaitForExit(60000) | Should -BeTrue
            Get-Content $work/fifth.out | Should -Contain ended
        }
        finally { if (-not $shell.HasExited) { $shell.Kill() } }
    }
    It 'stop a server of the other one by its name' {
        $shell = Start-Shell "Start-MirrorServer -Store $work/sixth -ListenAddress 127.0.0.1 -Port 0 -SecretPath $work/master.secret -Wait; 'ended'" $work/sixth.out
        try {
            Wait-Until { Get-MirrorStatus -Server | Where-Object Name -EQ sixth } 'the other shell''s server'
            Get-ErrorId { Stop-MirrorServer -ErrorAction Stop } | Should -Be Ambiguous
            Get-MirrorStatus -Server | Where-Object Name -EQ sixth | Stop-MirrorServer
            $shell.WaitForExit(60000) | Should -BeTrue
            Get-Content $work/sixth.out | Should -Contain ended
        }
        finally { if (-not $shell.HasExited) { $shell.Kill() } }
    }
}

Describe 'What ends a session' {
    It 'Stop-MirrorServer, then nothing runs' {
        $client | Stop-MirrorClient
        $server | Stop-MirrorServer
        $server.IsRunning | Should -BeFalse
        Get-MirrorStatus | Should -BeNullOrEmpty
        Get-ErrorId { Stop-MirrorServer -ErrorAction Stop } | Should -Be NotRunning
    }
}

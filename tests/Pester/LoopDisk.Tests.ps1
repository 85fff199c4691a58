# A whole mirror of a real disk, driven only by cmdlets; what a closed, a killed and an interrupted shell leave behind.
BeforeDiscovery {
    $why = if ((id -u) -ne 0) { 'it needs root: loop disks and the tap' }
    elseif (-not (Get-Command losetup, mkfs.ext4 -ErrorAction Ignore)) { 'losetup and mkfs.ext4 are not on this machine' }
}

Describe 'A loop disk' -Skip:($null -ne $why) {
    BeforeAll {
        . $PSScriptRoot/Shared.ps1
        Import-Module $ModulePath -Force
        $work = Join-Path ([System.IO.Path]::GetTempPath()) "dmps-$([guid]::NewGuid().ToString('n').Substring(0, 8))"
        $null = New-Item -ItemType Directory $work
        $env:DISKMIRROR_RUN = Join-Path $work run
        $volume = "pester-$([guid]::NewGuid().ToString('n').Substring(0, 8))"
        truncate -s 96M $work/disk.img
        mkfs.ext4 -q $work/disk.img
        $loop = losetup --find --show $work/disk.img
        $null = New-Item -ItemType Directory $work/mnt
        mount $loop $work/mnt
        New-MirrorSecret -Path $work/master.secret
        $server = Start-MirrorServer -Store $work/store -ListenAddress 127.0.0.1 -Port 0 -SecretPath $work/master.secret
        $arguments = "-Disk $loop -Volume $volume -Server $($server.EndPoint) -SecretPath $work/master.secret -StateDirectory $work/state"
        $shells = [System.Collections.Generic.List[System.Diagnostics.Process]]::new()

        function Open-Client {
            param([string] $More, [string] $Output)
            $shell = Start-Shell "`$c = Start-MirrorClient $arguments $More; `$c | Wait-Mirror -Idle; 'live'; [Console]::Out.Flush(); `$c.Completion.Wait()" $Output
            $shells.Add($shell)
            Wait-Until { (Test-Path $Output) -and (Get-Content $Output) -contains 'live' } "a shell whose client is Live ($(Get-Content "$Output.error" -ErrorAction Ignore))"
            $shell
        }
        # The device has a cache of its own, which is stale while a file system on it is mounted.
        function Compare-Image {
            umount $work/mnt
            Wait-Mirror $volume -Idle -TimeoutSec 120
            blockdev --flushbufs $loop
            cmp $loop $work/store/$volume/image
            $LASTEXITCODE
            mount $loop $work/mnt
        }
        function Write-Something {
            1..20 | ForEach-Object { [System.IO.File]::WriteAllBytes("$work/mnt/file$_", [System.Security.Cryptography.RandomNumberGenerator]::GetBytes(50000)) }
            sync -f $work/mnt
        }
    }

    AfterAll {
        foreach ($shell in $shells) { if (-not $shell.HasExited) { $shell.Kill() } }
        Stop-MirrorClient $volume -ErrorAction Ignore
        Remove-Module DiskMirror
        umount $work/mnt
        losetup --detach $loop
        Remove-Item $work -Recurse -Force -ErrorAction Ignore
        Remove-Item env:DISKMIRROR_RUN
    }

    It 'in use is mirrored, by what Get-MirrorDisk finds, and identical in the end' {
        $disk = Get-MirrorDisk $loop
        $disk.Mounts | Should -Contain "$work/mnt"
        if (-not $disk.CanTap) { Set-ItResult -Skipped -Because $disk.TapReason }
        $client = $disk | Start-MirrorClient -Volume $volume -Server "$($server.EndPoint)" -SecretPath $work/master.secret -StateDirectory $work/state -WarningAction SilentlyContinue
        $client.Tap | Should -Be Ebpf
        $client | Wait-Mirror -TimeoutSec 120
        Write-Something
        $client | Wait-Mirror -Idle -TimeoutSec 120
        $client | Invoke-MirrorRescan -Wait -TimeoutSec 120
        Write-Something
        $client | Wait-Mirror -Idle -TimeoutSec 120
        Compare-Image | Should -Be 0
        Test-MirrorHealth $volume -Quiet | Should -BeTrue
        $client | Stop-MirrorClient -KeepTracking
    }

    It 'is resumed without a scan after its shell was <How>' -ForEach @(@{ How = 'killed'; Signal = 9 }, @{ How = 'ended'; Signal = 15 }) {
        if (-not (Get-MirrorDisk $loop).CanTap) { Set-ItResult -Skipped -Because (Get-MirrorDisk $loop).TapReason }
        $first = Open-Client '' "$work/first-$Signal.out"
        kill "-$Signal" $first.Id
        $first.WaitForExit(60000) | Should -BeTrue
        Test-Path "/sys/fs/bpf/diskmirror/$volume" | Should -BeTrue
        Write-Something
        $second = Open-Client '' "$work/second-$Signal.out"
        $status = Get-MirrorStatus $volume | Where-Object Role -EQ Client
        $status.Scans | Should -Be 0
        $status.ProcessId | Should -Be $second.Id
        Compare-Image | Should -Be 0
        Stop-MirrorClient $volume -KeepTracking
        $second.WaitForExit(60000) | Should -BeTrue
    }

    It 'goes on being tracked after Ctrl-C in a shell that waits' {
        if (-not (Get-MirrorDisk $loop).CanTap) { Set-ItResult -Skipped -Because (Get-MirrorDisk $loop).TapReason }
        $shell = Start-Shell "Start-MirrorClient $arguments -Wait -LogPath $work/wait.log" "$work/wait.out"
        $shells.Add($shell)
        Wait-Until { Get-MirrorStatus $volume | Where-Object { $_.Role -eq 'Client' -and $_.State -eq 'Live' } } 'Live'
        kill -INT $shell.Id
        $shell.WaitForExit(60000) | Should -BeTrue
        Get-Content $work/wait.log -Raw | Should -Match 'stopped; the tap goes on tracking writes: True'
        Test-Path "/sys/fs/bpf/diskmirror/$volume" | Should -BeTrue
    }

    It 'is not tracked any more when it is stopped for good' {
        Stop-MirrorClient $volume -ErrorAction Ignore
        Test-Path "/sys/fs/bpf/diskmirror/$volume" | Should -BeFalse
    }
}

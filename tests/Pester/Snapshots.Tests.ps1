# The history of a volume, and looking inside it, by cmdlets only. The store lies on XFS, which can clone; the disk is a loop device whose writes are seen.
Describe 'The history of a loop disk' {
    BeforeAll {
        . $PSScriptRoot/Shared.ps1
        Import-Module $ModulePath -Force
        $work = Join-Path ([System.IO.Path]::GetTempPath()) "dmps-$([guid]::NewGuid().ToString('n').Substring(0, 8))"
        $skip = $null
        if ((id -u) -ne 0) { $skip = 'it needs root: loop disks, mounts and the tap' }
        elseif (@(Get-Command losetup, mkfs.ext4, mkfs.xfs -CommandType Application -ErrorAction Ignore).Count -lt 3) { $skip = 'losetup, mkfs.ext4 and mkfs.xfs are not all on this machine' }
        if ($skip) { return }
        $null = New-Item -ItemType Directory $work, $work/xfs, $work/mnt
        $env:DISKMIRROR_RUN = Join-Path $work run
        $volume = "pester-$([guid]::NewGuid().ToString('n').Substring(0, 8))"
        truncate -s 400M $work/xfs.img
        mkfs.xfs -q -m reflink=1 $work/xfs.img
        mount -o loop $work/xfs.img $work/xfs
        if ($LASTEXITCODE -ne 0) { $skip = 'XFS cannot be mounted here'; return }
        truncate -s 32M $work/disk.img
        mkfs.ext4 -q $work/disk.img
        $loop = losetup --find --show $work/disk.img
        $disk = Get-MirrorDisk $loop
        if (-not $disk.CanTap) { $skip = $disk.TapReason; return }
        mount $loop $work/mnt
        New-MirrorSecret -Path $work/master.secret
        $server = Start-MirrorServer -Store $work/xfs/store -ListenAddress 127.0.0.1 -Port 0 -SecretPath $work/master.secret -Archives hourly=2 -ArchiveDirectory $work/archives -ArchiveCompress zlib
        $client = Start-MirrorClient -Disk $loop -Volume $volume -Server $server.EndPoint -SecretPath $work/master.secret -StateDirectory $work/state -WarningAction SilentlyContinue
        Set-Content $work/mnt/wanted first
        sync -f $work/mnt
        Wait-Mirror $volume -Idle -TimeoutSec 120
    }

    BeforeEach {
        if ($skip) { Set-ItResult -Skipped -Because $skip }
    }

    AfterAll {
        foreach ($at in 'inside', 'old', 'passing') { umount --quiet $work/$at 2>$null }
        if ($client) { $client | Stop-MirrorClient }
        if ($server) { $server | Stop-MirrorServer }
        Remove-Module DiskMirror
        umount --quiet $work/mnt 2>$null
        if ($loop) { losetup --detach $loop }
        umount --quiet $work/xfs 2>$null
        Remove-Item $work -Recurse -Force -ErrorAction Ignore
        Remove-Item env:DISKMIRROR_RUN -ErrorAction Ignore
    }

    It 'grows by New-MirrorSnapshot' {
        New-MirrorSnapshot $volume -Name not -WhatIf | Should -BeNullOrEmpty
        Get-MirrorSnapshot $volume | Should -BeNullOrEmpty
        (New-MirrorSnapshot $volume -Name first).Name | Should -Be first
        Set-Content $work/mnt/wanted second
        sync -f $work/mnt
        Wait-Mirror $volume -Idle -TimeoutSec 120
        $taken = Get-MirrorStatus $volume | Where-Object Role -EQ Server | New-MirrorSnapshot
        $taken.ByRule | Should -BeTrue
        Get-ErrorId { New-MirrorSnapshot $volume -Name '../x' -ErrorAction Stop } | Should -Be SettingInvalid
        Get-ErrorId { New-MirrorSnapshot nothing -ErrorAction Stop } | Should -Be NotRunning
    }

    It 'is shown by Get-MirrorSnapshot, one line a snapshot' {
        @($volume | Get-MirrorSnapshot).Count | Should -Be 2
        (Get-MirrorSnapshot $volume 'f*').Name | Should -Be first
        $table = (Get-MirrorSnapshot $volume | Format-Table | Out-String -Width 150) -replace '\x1b\[[0-9;]*m'
        $table | Should -Match '(?m)^Volume +Name +Taken +Disk at +Size MiB +Unique MiB +By'
        $table | Should -Match "(?m)^$volume +first +\d{4}-\d\d-\d\d .* 32[.,]0 .*hand"
        Get-ErrorId { Get-MirrorSnapshot $volume missing -ErrorAction Stop } | Should -Be SnapshotNotFound
    }

    It 'is looked into by Mount-MirrorSnapshot, and left by Dismount-MirrorSnapshot' {
        Mount-MirrorSnapshot $volume $work/inside -WhatIf | Should -BeNullOrEmpty
        Test-Path $work/inside | Should -BeFalse
        $mounted = Mount-MirrorSnapshot $volume $work/inside
        $mounted.FileSystem | Should -Be ext4
        Get-Content $work/inside/wanted | Should -Be second
        $old = Get-MirrorSnapshot $volume first | Mount-MirrorSnapshot -Directory $work/old
        Get-Content $work/old/wanted | Should -Be first
        $old | Format-Table | Out-String -Width 150 | Should -Match 'old +ext4'
        @(Get-MirrorSnapshot $volume).Count | Should -Be 2
        $old | Dismount-MirrorSnapshot -WhatIf
        Test-Path $work/old/wanted | Should -BeTrue
        $old | Dismount-MirrorSnapshot
        Test-Path $work/old/wanted | Should -BeFalse
        # By its directory only: the other one of the same volume stays.
        Test-Path $work/inside/wanted | Should -BeTrue
        $volume | Dismount-MirrorSnapshot
        Test-Path $work/inside/wanted | Should -BeFalse
        Get-ErrorId { Dismount-MirrorSnapshot $volume -ErrorAction Stop } | Should -Be MountFailed
        Get-ErrorId { Mount-MirrorSnapshot $volume $work/passing -Name missing -ErrorAction Stop } | Should -Be SnapshotNotFound
        Get-ErrorId { Mount-MirrorSnapshot $volume $work/mnt -ErrorAction Stop } | Should -Be MountFailed
    }

    It 'is compared with its disk by Test-MirrorVolume, and repaired' {
        $report = $client | Test-MirrorVolume -Limit 512M
        $report.Volume | Should -Be $volume
        $report.Same | Should -BeTrue
        $report.ComparedBytes | Should -Be 32MB
        ($report | Format-Table | Out-String -Width 150) -replace '\x1b\[[0-9;]*m' | Should -Match "$volume +True +32[.,]0 +0 +0"
        # What a storage that decays does to an image.
        'decay' | dd of=$work/xfs/store/$volume/image bs=1M seek=20 conv=notrunc status=none
        Test-MirrorVolume $volume -Repair -WhatIf | Should -BeNullOrEmpty
        $report = Test-MirrorVolume $volume -Limit 512M
        $report.Same | Should -BeFalse
        $report.Ranges[0].Offset | Should -Be 20MB
        Test-MirrorVolume $volume -Limit 512M -Quiet | Should -BeFalse
        (Test-MirrorVolume $volume -Limit 512M -Repair).RepairedBytes | Should -Be 4096
        Test-MirrorVolume $volume -Limit 512M -Quiet | Should -BeTrue
    }

    It 'is brought back by Restore-MirrorDisk, by the pipeline' {
        $result = Get-MirrorSnapshot $volume first | Restore-MirrorDisk -To $work/back.img -Server $server.EndPoint -SecretPath $work/master.secret
        $result.Snapshot | Should -Be first
        cmp $work/back.img (Get-MirrorSnapshot $volume first).Path
        $LASTEXITCODE | Should -Be 0
        $null = Mount-MirrorSnapshot $work/back.img $work/passing
        Get-Content $work/passing/wanted | Should -Be first
        Dismount-MirrorSnapshot $work/back.img
    }

    It 'is archived by Export-MirrorDump, each snapshot and the last consistent state' {
        $archives = Get-MirrorSnapshot $volume | Export-MirrorDump -To { "$work/$($_.Name).dump" } -NoRecord -WarningAction SilentlyContinue
        @($archives).Count | Should -Be 2
        $null = Restore-MirrorDump $work/first.dump -To $work/unpacked -Item wanted
        Get-Content $work/unpacked/wanted | Should -Be first
        $null = Export-MirrorDump $volume $work/now.dump -DumpDatesPath $work/dumpdates -Compress zlib -WarningAction SilentlyContinue
        Get-Content $work/dumpdates | Should -Match "^$volume 0 "
        $null = Restore-MirrorDump $work/now.dump -To $work/unpacked-now
        Get-Content $work/unpacked-now/wanted | Should -Be second
        @(Get-MirrorSnapshot $volume).Count | Should -Be 2
        Get-ErrorId { Export-MirrorDump $volume $work/x.dump -Snapshot missing -ErrorAction Stop } | Should -Be SnapshotNotFound
    }

    It 'is archived by its server too, as the rule says' {
        Wait-Until { Test-Path $work/archives/$volume/*.dump } 'the archive'
        Get-ChildItem $work/archives/$volume/*.dump | Test-MirrorDump -Quiet | Should -BeTrue
        @(Get-MirrorDumpItem (Get-ChildItem $work/archives/$volume/*.dump).FullName).Path | Should -Contain 'lost+found'
        Get-MirrorStatus $volume | Where-Object LastError | Should -BeNullOrEmpty
    }

    It 'shrinks by Remove-MirrorSnapshot, which asks' {
        $said = & $Pwsh -NoProfile -NonInteractive -Command "Import-Module '$ModulePath'; Remove-MirrorSnapshot $volume first" *>&1 | Out-String
        $said | Should -Match 'NonInteractive'
        Get-MirrorSnapshot $volume | Remove-MirrorSnapshot -WhatIf
        @(Get-MirrorSnapshot $volume).Count | Should -Be 2
        Get-ErrorId { Remove-MirrorSnapshot $volume missing -Confirm:$false -ErrorAction Stop } | Should -Be SnapshotNotFound
        Get-MirrorSnapshot $volume | Remove-MirrorSnapshot -Confirm:$false
        Get-MirrorSnapshot $volume | Should -BeNullOrEmpty
    }
}

# Archives by cmdlets, as a user gives them. The image is filled by mke2fs, so this needs no root.
Describe 'Archives' {
    BeforeAll {
        . $PSScriptRoot/Shared.ps1
        Import-Module $ModulePath -Force
        $mke2fs = Get-Command /usr/sbin/mke2fs, mke2fs -CommandType Application -ErrorAction Ignore | Select-Object -First 1
        $skip = if (-not $mke2fs) { 'mke2fs is not on this machine' }
        if ($skip) { return }
        $null = New-Item -ItemType Directory $TestDrive/tree/etc/ssh
        Set-Content $TestDrive/tree/etc/hosts first
        Set-Content $TestDrive/tree/etc/ssh/sshd_config second
        & $mke2fs -q -t ext4 -d $TestDrive/tree $TestDrive/image 8M
        $key = "$TestDrive/key"
        & $ModulePath/dependencies/diskmirror key new --out $key 2>$null
        $recipient = & $ModulePath/dependencies/diskmirror key recipient --identity $key
    }

    BeforeEach {
        if ($skip) { Set-ItResult -Skipped -Because $skip }
    }

    AfterAll {
        Remove-Module DiskMirror
    }

    It 'are written by Export-MirrorDump, which obeys -WhatIf and overwrites nothing' {
        Export-MirrorDump $TestDrive/image $TestDrive/plain.dump -NoRecord -WhatIf | Should -BeNullOrEmpty
        Test-Path $TestDrive/plain.dump | Should -BeFalse
        $written = Export-MirrorDump $TestDrive/image $TestDrive/plain.dump -NoRecord -IndexPath $TestDrive/plain.index
        $written.Archive | Should -Be (Resolve-Path $TestDrive/plain.dump).ProviderPath
        Get-ErrorId { Export-MirrorDump $TestDrive/image $TestDrive/plain.dump -NoRecord -ErrorAction Stop } | Should -Be InputOutput
        Get-ErrorId { Export-MirrorDump $TestDrive/image $TestDrive/x.dump -Compress lzo -NoRecord -ErrorAction Stop } | Should -Be SettingInvalid
    }

    It 'are listed by Get-MirrorDumpItem, and what it finds is restored' {
        (Get-MirrorDumpItem $TestDrive/plain.dump -Item 'etc/*' | Where-Object IsDirectory -EQ $false).Path | Sort-Object | Should -Be 'etc/hosts', 'etc/ssh/sshd_config'
        $result = Get-ChildItem $TestDrive/plain.dump | Get-MirrorDumpItem -Item '*_config' | Restore-MirrorDump -To $TestDrive/some -WarningAction SilentlyContinue
        $result.Files | Should -Be 1
        Get-Content $TestDrive/some/etc/ssh/sshd_config | Should -Be second
        Test-Path $TestDrive/some/etc/hosts | Should -BeFalse
    }

    It 'are restored whole, or by the index' {
        (Restore-MirrorDump $TestDrive/plain.dump -To $TestDrive/all -WarningAction SilentlyContinue).IsGood | Should -BeTrue
        Get-Content $TestDrive/all/etc/hosts | Should -Be first
        Restore-MirrorDump $TestDrive/plain.dump -To $TestDrive/one -Item etc/hosts -IndexPath $TestDrive/plain.index -WarningAction SilentlyContinue | Should -Not -BeNullOrEmpty
        Get-Content $TestDrive/one/etc/hosts | Should -Be first
        Get-ErrorId { Restore-MirrorDump $TestDrive/plain.dump -To $TestDrive/one -Item nothing/here -ErrorAction Stop } | Should -Be InputOutput
    }

    It 'are tested by Test-MirrorDump, and their damage is named' {
        Export-MirrorDump $TestDrive/image $TestDrive/test.dump -NoRecord | Test-MirrorDump -Quiet | Should -BeTrue
        $bytes = [System.IO.File]::ReadAllBytes("$TestDrive/test.dump")
        $place = [System.Text.Encoding]::Latin1.GetString($bytes).IndexOf('second')
        $bytes[$place] = $bytes[$place] -bxor 1
        [System.IO.File]::WriteAllBytes("$TestDrive/test.dump", $bytes)
        (Test-MirrorDump $TestDrive/test.dump).Problems | Should -Match 'sshd_config'
        (Test-MirrorDump $TestDrive/plain.dump -Directory $TestDrive/all).Differences | Where-Object { $_ -match 'hosts' } | Should -BeNullOrEmpty
        Set-Content $TestDrive/all/etc/hosts other
        (Test-MirrorDump $TestDrive/plain.dump -Directory $TestDrive/all).Differences | Should -Match 'hosts'
    }

    It 'are encrypted to a recipient, and opened by Unprotect-MirrorDump with the identity' {
        $null = Export-MirrorDump $TestDrive/image $TestDrive/sealed.dump -NoRecord -Recipient $recipient -Compress zlib
        Get-ErrorId { Get-MirrorDumpItem $TestDrive/sealed.dump -ErrorAction Stop } | Should -Not -Be none
        @(Get-MirrorDumpItem $TestDrive/sealed.dump -IdentityPath $key).Count | Should -Be @(Get-MirrorDumpItem $TestDrive/plain.dump).Count
        (Unprotect-MirrorDump $TestDrive/sealed.dump -To $TestDrive/open.dump -IdentityPath $key).Archive | Should -Not -BeNullOrEmpty
        Test-MirrorDump $TestDrive/open.dump -Quiet | Should -BeTrue
        Get-ChildItem $TestDrive/sealed.dump | Unprotect-MirrorDump -To { "$TestDrive/again-$($_.Name)" } -IdentityPath $key | Should -Not -BeNullOrEmpty
        Test-Path $TestDrive/again-sealed.dump | Should -BeTrue
    }
}

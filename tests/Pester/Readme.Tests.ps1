# The README's PowerShell transcript, typed as it stands.
Describe 'The transcript of README.md' {
    It 'works in a fresh shell, without an error' {
        . $PSScriptRoot/Shared.ps1
        if ((id -u) -ne 0) { Set-ItResult -Skipped -Because 'it needs root: a loop disk and the tap' }
        if (Test-Path /var/tmp/store, /var/tmp/disk.img, /var/tmp/master.secret | Where-Object { $_ }) { Set-ItResult -Skipped -Because 'its files in /var/tmp are there already' }
        $typed = [regex]::Matches((Get-Content $Repository/README.md -Raw), '(?m)^PS> (.*)$') | ForEach-Object { $_.Groups[1].Value }
        $typed.Count | Should -BeGreaterThan 10
        $script = @("`$ErrorActionPreference = 'Stop'; `$PSNativeCommandUseErrorActionPreference = `$true", "`$env:DISKMIRROR_RUN = '$TestDrive/run'") + $typed
        Set-Content $TestDrive/typed.ps1 $script
        $said = & $Pwsh -NoProfile -NonInteractive -WorkingDirectory $Repository -File $TestDrive/typed.ps1 *>&1 | Out-String -Width 200
        $code = $LASTEXITCODE
        losetup --associated /var/tmp/disk.img | ForEach-Object { losetup --detach $_.Split(':')[0] }
        $code | Should -Be 0 -Because $said
        $plain = $said -replace '\x1b\[[0-9;]*m'
        $plain | Should -Match '(?m)^home +Client Live '
        $plain | Should -Match 'Ok home \(client\): Live, the image is'
        Test-Path /var/tmp/store | Should -BeFalse
    }
}

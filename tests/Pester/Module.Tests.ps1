# The built module folder, as a user gets it: what it exports, what it loads, its help.
BeforeAll {
    . $PSScriptRoot/Shared.ps1
    Import-Module $ModulePath -Force
}

Describe 'The module' {
    It 'exports what its manifest says, with approved verbs and singular nouns' {
        $manifest = Import-PowerShellDataFile (Join-Path $ModulePath DiskMirror.psd1)
        $commands = Get-Command -Module DiskMirror
        $commands.Name | Sort-Object | Should -Be ($manifest.CmdletsToExport | Sort-Object)
        $commands.CommandType | Select-Object -Unique | Should -Be Cmdlet
        $verbs = (Get-Verb).Verb
        foreach ($command in $commands) {
            $command.Verb | Should -BeIn $verbs
            $command.Noun | Should -Not -Match '[^su]s$'
        }
        Get-Alias | Where-Object Source -EQ DiskMirror | Should -BeNullOrEmpty
    }

    It 'imports from any directory, without a word' {
        $said = & $Pwsh -NoProfile -WorkingDirectory / -Command "Import-Module '$ModulePath'; Import-Module '$ModulePath' -Force; Remove-Module DiskMirror; Import-Module '$ModulePath'" *>&1
        $said | Should -BeNullOrEmpty
    }

    It 'keeps its libraries apart from those of other modules' {
        # Another module has loaded a library of the same name from elsewhere: ours is still the one that we use.
        $script = @"
            Copy-Item '$ModulePath/dependencies/Microsoft.Extensions.Logging.Abstractions.dll' '$TestDrive/'
            `$null = [System.Reflection.Assembly]::LoadFrom('$TestDrive/Microsoft.Extensions.Logging.Abstractions.dll')
            Import-Module '$ModulePath'
            `$env:DISKMIRROR_RUN = '$TestDrive/run'
            New-MirrorSecret -Path '$TestDrive/clash.secret'
            `$server = Start-MirrorServer -Store '$TestDrive/clash' -ListenAddress 127.0.0.1 -Port 0 -SecretPath '$TestDrive/clash.secret'
            `$server.Stop()
            [System.Runtime.Loader.AssemblyLoadContext]::All | ForEach-Object { `$context = `$_; `$_.Assemblies | ForEach-Object { "`$(`$context.Name) `$(`$_.GetName().Name)" } }
"@
        $loaded = & $Pwsh -NoProfile -Command $script
        foreach ($name in 'Mirror.Core', 'Mirror.Driver', 'Mirror.Hosting', 'Microsoft.Extensions.Logging') {
            $loaded | Should -Contain "DiskMirror $name"
            $loaded | Should -Not -Contain "Default $name"
        }
        $loaded | Should -Contain 'Default Microsoft.Extensions.Logging.Abstractions'
        $loaded | Should -Contain 'DiskMirror Microsoft.Extensions.Logging.Abstractions'
    }

    It 'completes disks and volumes' {
        $disk = @(Get-MirrorDisk)[0].Path
        (TabExpansion2 "Start-MirrorClient -Disk $disk").CompletionMatches.CompletionText | Should -Contain $disk
        { TabExpansion2 'Wait-Mirror -Volume ' } | Should -Not -Throw
    }
}

Describe 'Help' {
    It 'says for <_> what it does, all parameters, and three examples' -ForEach (Import-PowerShellDataFile $PSScriptRoot/../../module/DiskMirror/DiskMirror.psd1).CmdletsToExport {
        if (-not (Test-Path (Join-Path $ModulePath en-US/Mirror.PowerShell.dll-Help.xml))) { Set-ItResult -Skipped -Because 'the help was not made: Microsoft.PowerShell.PlatyPS is not on this machine' }
        $help = Get-Help $_ -Full
        $help.Synopsis | Should -Not -BeNullOrEmpty
        $help.Synopsis | Should -Not -Match '\[-'
        @($help.examples.example).Count | Should -BeGreaterOrEqual 3
        $common = [System.Management.Automation.PSCmdlet]::CommonParameters
        $real = (Get-Command $_).Parameters.Keys | Where-Object { $_ -notin $common }
        $help.parameters.parameter.name | Sort-Object | Should -Be ($real | Sort-Object)
        foreach ($parameter in $help.parameters.parameter) { $parameter.description.Text | Should -Not -BeNullOrEmpty -Because $parameter.name }
    }

    It 'has an about page' {
        Get-Help about_DiskMirror | Out-String | Should -Match 'SettingMissing'
    }
}

Describe 'Scripts of this repository' {
    It 'please PSScriptAnalyzer' {
        if (-not (Get-Module -ListAvailable PSScriptAnalyzer)) { Set-ItResult -Skipped -Because 'PSScriptAnalyzer is not on this machine' }
        $found = Get-ChildItem $Repository/build.ps1, $Repository/tests/Pester, $Repository/module -Recurse -Include *.ps1, *.psd1 |
            ForEach-Object { Invoke-ScriptAnalyzer -Path $_.FullName -ExcludeRule PSUseDeclaredVarsMoreThanAssignments, PSReviewUnusedParameter }
        $found | ForEach-Object { "$($_.ScriptName):$($_.Line) $($_.RuleName) $($_.Message)" } | Should -BeNullOrEmpty
    }

    It 'use no aliases in examples' {
        $aliases = (Get-Alias).Name | Where-Object { $_ -match '^[a-z]+$' }
        foreach ($page in Get-ChildItem $Repository/docs/cmdlets -Filter '*-*.md') {
            $code = [regex]::Matches((Get-Content $page -Raw), '(?s)```powershell\n(.*?)\n```') | ForEach-Object { $_.Groups[1].Value }
            foreach ($one in $code) {
                $errors = $null
                $tree = [System.Management.Automation.Language.Parser]::ParseInput($one, [ref] $null, [ref] $errors)
                $errors | Should -BeNullOrEmpty -Because $page.Name
                $used = $tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true) | ForEach-Object { $_.GetCommandName() }
                $used | Where-Object { $_ -in $aliases } | Should -BeNullOrEmpty -Because $page.Name
            }
        }
    }
}

Describe 'The package' {
    BeforeAll {
        if (Get-Command python3 -ErrorAction Ignore) { $null = python3 $Repository/package/module.py $ModulePath $TestDrive/package }
        $packages = @(Get-ChildItem $TestDrive/package -ErrorAction Ignore)
    }

    It 'is a zip and a nupkg with the module in it' {
        if (-not $packages) { Set-ItResult -Skipped -Because 'python3 is not on this machine' }
        $packages.Extension | Sort-Object | Should -Be '.nupkg', '.zip'
        foreach ($package in $packages) { [System.IO.Compression.ZipFile]::ExtractToDirectory($package.FullName, "$TestDrive/$($package.Extension)") }
        foreach ($manifest in "$TestDrive/.nupkg/DiskMirror.psd1", "$TestDrive/.zip/DiskMirror/DiskMirror.psd1") {
            & $Pwsh -NoProfile -Command "Import-Module '$manifest'; (Get-Command -Module DiskMirror).Count" | Should -Be (Get-Command -Module DiskMirror).Count
        }
        $nuspec = [xml](Get-Content "$TestDrive/.nupkg/DiskMirror.nuspec" -Raw)
        $nuspec.package.metadata.version | Should -Be "$((Get-Module DiskMirror).Version)"
        $nuspec.package.metadata.tags | Should -Match 'PSModule'
    }

    It 'is installed from a folder by Install-PSResource' {
        if (-not (Get-Command Install-PSResource -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'Microsoft.PowerShell.PSResourceGet is not on this machine' }
        Register-PSResourceRepository -Name dmtest -Uri "$TestDrive/package" -Trusted
        try { Save-PSResource -Name DiskMirror -Repository dmtest -Path $TestDrive/saved } finally { Unregister-PSResourceRepository -Name dmtest }
        Get-ChildItem $TestDrive/saved -Recurse -Filter DiskMirror.psd1 | Should -Not -BeNullOrEmpty
    }
}

Describe 'Many volumes' {
    It 'are shown in under half a second, a hundred of them' {
        $env:DISKMIRROR_RUN = "$TestDrive/many"
        try {
            New-MirrorSecret -Path $TestDrive/many.secret
            # A hundred clients that have nobody to talk to: a hundred sockets to ask.
            $clients = 1..100 | ForEach-Object {
                truncate -s 64K $TestDrive/many$_
                Start-MirrorClient -Disk $TestDrive/many$_ -Volume "many$_" -Server 127.0.0.1:1 -SecretPath $TestDrive/many.secret -StateDirectory $TestDrive/state -Tap rescan-only -WarningAction SilentlyContinue
            }
            $times = 1..5 | ForEach-Object { (Measure-Command { $all = Get-MirrorStatus; $null = $all | Format-Table | Out-String }).TotalMilliseconds }
            $all.Count | Should -Be 100
            # The median: this machine may do other work at the same time.
            ($times | Sort-Object)[2] | Should -BeLessThan 500
        }
        finally {
            $clients | Stop-MirrorClient
            Remove-Item env:DISKMIRROR_RUN
        }
    }
}

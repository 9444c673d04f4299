<#
.SYNOPSIS
Gives an IIS application pool, or another account, a place in the registry for the keys of its logins.

.DESCRIPTION
An account without a profile has no directory for the keys that seal logins, and ASP.NET Core and Sealring then
look for a registry key that an administrator has provided:

    HKLM\SOFTWARE\Microsoft\ASP.NET\4.0.30319.0\AutoGenKeys\{SID of the account}

This script creates it, for programs of 32 and of 64 bits, with full access for the account, SYSTEM and the
administrators, and for nobody else. It may be run again: it sets the permissions again and leaves the keys alone.
It does what `sealring provision apppool` and `sealring provision account` do, for those who want to read first
what is going to happen to their machine.

.EXAMPLE
.\Provision-AutoGenKeys.ps1 -AppPool Shop -WhatIf

.EXAMPLE
.\Provision-AutoGenKeys.ps1 -Account 'CORP\shop'

.EXAMPLE
.\Provision-AutoGenKeys.ps1 -AppPool Shop -Remove
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', DefaultParameterSetName = 'Pool')]
param(
    [Parameter(Mandatory = $true, ParameterSetName = 'Pool')][string]$AppPool,
    [Parameter(Mandatory = $true, ParameterSetName = 'Account')][string]$Account,
    # Removes the registry keys, with all keys of the ring in them: everybody is logged out.
    [switch]$Remove
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

# Get-PoolAccount says which account an application pool runs as.
function Get-PoolAccount([string]$Name) {
    Import-Module WebAdministration
    $model = (Get-Item "IIS:\AppPools\$Name").processModel
    switch ($model.identityType) {
        'ApplicationPoolIdentity' { "IIS APPPOOL\$Name" }
        'LocalService' { 'NT AUTHORITY\LocalService' }
        'NetworkService' { 'NT AUTHORITY\NetworkService' }
        'LocalSystem' { 'NT AUTHORITY\SYSTEM' }
        'SpecificUser' { $model.userName }
        default { throw "Application pool ${Name}: its identity $($model.identityType) names no account." }
    }
}

# Assert-Administrator stops where the registry would refuse anyhow, with a better word.
function Assert-Administrator {
    $me = [Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()
    if (-not $me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        throw 'Run this as Administrator.'
    }
}

# Set-AccountKey creates the key of an account in one of the two registries.
function Set-AccountKey([string]$View, [string]$Path, [string]$Descriptor) {
    $base = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $View)
    try {
        $security = New-Object Security.AccessControl.RegistrySecurity
        $security.SetSecurityDescriptorSddlForm($Descriptor)
        $key = $base.CreateSubKey($Path, [Microsoft.Win32.RegistryKeyPermissionCheck]::ReadWriteSubTree, $security)
        try { $key.SetAccessControl($security) } finally { $key.Dispose() }
    }
    finally { $base.Dispose() }
}

# Remove-AccountKey removes it again.
function Remove-AccountKey([string]$View, [string]$Path) {
    $base = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', $View)
    try { $base.DeleteSubKeyTree($Path, $false) } finally { $base.Dispose() }
}

if ($PSCmdlet.ParameterSetName -eq 'Pool') { $Account = Get-PoolAccount $AppPool }
$sid = (New-Object Security.Principal.NTAccount($Account)).Translate([Security.Principal.SecurityIdentifier]).Value
Write-Output "for the account $Account, which is ${sid}:"

$path = "SOFTWARE\Microsoft\ASP.NET\4.0.30319.0\AutoGenKeys\$sid"
$descriptor = "D:P(A;OICI;GA;;;SY)(A;OICI;GA;;;BA)(A;OICI;GA;;;$sid)"
if (-not $WhatIfPreference) { Assert-Administrator }

foreach ($view in 'Registry32', 'Registry64') {
    if ($Remove) {
        if ($PSCmdlet.ShouldProcess("HKLM\$path ($view)", 'remove, with all keys of the ring')) { Remove-AccountKey $view $path }
    }
    elseif ($PSCmdlet.ShouldProcess("HKLM\$path ($view)", "create with the permissions $descriptor")) {
        Set-AccountKey $view $path $descriptor
    }
}

using System.Management.Automation;
using Mirror.Hosting;

namespace Mirror.PowerShell;

/// <summary>Ends what this session runs when the module is removed. Taps of clients go on marking.</summary>
public sealed class ModuleCleanup : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => HostedMirror.StopAll();
}

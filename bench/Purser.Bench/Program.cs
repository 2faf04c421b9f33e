using BenchmarkDotNet.Running;
using Purser.Bench;

// "crypto <folder of compiled peers> <result file>" measures side by side with the peers (run.sh does);
// anything else goes to BenchmarkDotNet, such as "--filter *Keccak*".
if (args is ["crypto", var peers, var result])
{
    return CryptoTable.Run(peers, result, TimeProvider.System);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;

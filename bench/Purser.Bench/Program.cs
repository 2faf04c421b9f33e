using System.Globalization;
using BenchmarkDotNet.Running;
using Purser.Bench;
using Purser.Bench.Payments;
using Purser.Bench.Sandbox;

// "crypto <folder of compiled peers> <result file>" measures side by side with the peers (run.sh does), and so does
// "sandbox <purser> <anvil> <workload.hex> <ethereumjs.mjs or -> <result file>" (sandbox.sh does);
// anything else goes to BenchmarkDotNet, such as "--filter *Keccak*".
if (args is ["crypto", var peers, var result])
{
    return CryptoTable.Run(peers, result, TimeProvider.System);
}

// "memory <result file>" is BenchmarkDotNet's table of the crypto benchmarks with what each allocates (run.sh makes it).
if (args is ["memory", var memory])
{
    return MemoryTable.Run(memory, TimeProvider.System);
}

if (args is ["sandbox", var purser, var anvil, var workload, var ethereumJs, var table])
{
    return SandboxTable.Run(purser, anvil, workload, ethereumJs == "-" ? null : ethereumJs, table, TimeProvider.System);
}

// "payments <purser> <anvil> <folder of the peers' scripts> <rounds> <result file>" (payments.sh does), and the two servers of ours that it starts.
if (args is ["payments", var ours, var node, var scripts, var rounds, var rows])
{
    return await PaymentsTable.RunAsync(ours, node, scripts, int.Parse(rounds, CultureInfo.InvariantCulture), rows, TimeProvider.System);
}

if (args is ["payments-shop", var shopFolder])
{
    await PaymentServers.RunShopAsync(shopFolder, TimeProvider.System);
    return 0;
}

if (args is ["payments-facilitator", var facilitatorFolder, var url])
{
    await PaymentServers.RunFacilitatorAsync(facilitatorFolder, url, TimeProvider.System);
    return 0;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;

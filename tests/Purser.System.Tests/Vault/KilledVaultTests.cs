using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Testing;
using Purser.Wallet;
using Purser.Wallet.Keys;

namespace Purser.SystemTests.Vault;

/// <summary>The vault killed with SIGKILL while agents ask it, wherever between reservation and signature that falls, and started again.</summary>
public sealed class KilledVaultTests
{
    private const int Askers = 8;
    private const ulong Amount = 200_000; // fifty within the day's 10.00

    [Fact]
    public Task A_vault_killed_between_reserve_and_sign_loses_nothing_and_pays_nothing_twice() => Seeded.RunAsync(1, async seeded =>
    {
        Require.Component("Unix sockets with modes", !OperatingSystem.IsWindows(), "run on Linux or macOS");
        await using var vault = await VaultProcess.StartAsync(asOtherUser: false);
        var token = await vault.LogInAsync();
        var account = (await vault.Wallet(token).ListAccountsAsync()).ShouldHaveSingleItem().Address;
        await vault.FundAsync(account);

        var asked = new List<X402AuthorizationIntent>();
        var signed = new Dictionary<string, SignedStatement>();
        for (var kill = 0; kill < Tier.Pick(3, 40); kill++)
        {
            await LiveAsync(vault, token, account, kill, seeded.Between(1, 10), asked, signed);
            await vault.StartAgainAsync();
        }

        // Whatever was acknowledged is there unchanged; whatever was not is decided now, once.
        var wallet = vault.Wallet(token);
        foreach (var intent in asked)
        {
            switch (await wallet.AuthorizeAsync(intent))
            {
                case AuthorizationResult.Authorized { Statement: SignedEip3009 statement }:
                    if (!signed.TryAdd(intent.Id, statement))
                    {
                        signed[intent.Id].ShouldBe(statement, intent.Id);
                    }

                    break;
                case AuthorizationResult.Refused refused:
                    signed.ShouldNotContainKey(intent.Id);
                    refused.Reason.Code.ShouldBe("policy_cap_per_day", refused.Reason.Message);
                    break;
                case var other:
                    throw new InvalidOperationException(other.ToString());
            }
        }

        ((ulong)signed.Count * Amount).ShouldBeLessThanOrEqualTo(10_000_000UL);
        signed.Values.Cast<SignedEip3009>().Select(statement => statement.Authorization.Nonce).Distinct().Count().ShouldBe(signed.Count);
        (await vault.Process.StopAsync()).ShouldBe(0);
        await VerifyAsync(vault);
    });

    private static async Task LiveAsync(VaultProcess vault, string token, Address account, int life, int acknowledgements, List<X402AuthorizationIntent> asked, Dictionary<string, SignedStatement> signed)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var left = acknowledgements;
        var gate = new Lock();
        var askers = Enumerable.Range(0, Askers).Select(AskAsync).ToArray();
        await Task.WhenAny(enough.Task, Task.WhenAll(askers));
        await vault.Process.KillAsync();
        await Task.WhenAll(askers);

        async Task AskAsync(int asker)
        {
            var wallet = vault.Wallet(token);
            for (var i = 0; ; i++)
            {
                var intent = VaultProcess.Intent($"life-{life}-{asker}-{i}", account, Amount);
                lock (gate)
                {
                    asked.Add(intent);
                }

                if (await wallet.AuthorizeAsync(intent) is not AuthorizationResult.Authorized authorized)
                {
                    return; // the vault is gone, or the day's money is
                }

                lock (gate)
                {
                    signed.Add(intent.Id, authorized.Statement);
                    if (--left == 0)
                    {
                        enough.SetResult();
                    }
                }
            }
        }
    }

    private static async Task VerifyAsync(VaultProcess vault)
    {
        foreach (var user in Directory.GetDirectories(Path.Combine(vault.Data, "users")))
        {
            var networks = Cli.Composition.NetworkFile.Load(vault.Data);
            var opened = await WalletFolder.OpenAsync(new() { Folder = user, Registry = networks.ToRegistry(), Chains = networks.ToChains(TimeProvider.System), Time = TimeProvider.System, Random = new SystemRandom() });
            await using var folder = opened.ShouldBeOfType<KeyResult<WalletFolder>.Found>().Value;
            (await folder.Wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        }
    }
}

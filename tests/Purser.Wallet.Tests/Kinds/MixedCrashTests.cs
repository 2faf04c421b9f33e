using Purser.Ethereum;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Rpc;
using Purser.Testing;
using Purser.Testing.Postgres;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests.Kinds;

/// <summary>Wallets that are killed between any two steps, intents of all kinds mixed, on a chain that lives on: budgets, journal and chain agree afterwards, by a program that counts all three.</summary>
public sealed class MixedCrashTests : IClassFixture<PostgresFixture>
{
    private static readonly UInt256 s_cap = 20_000UL;
    private readonly PostgresFixture _postgres;

    public MixedCrashTests(PostgresFixture postgres) => _postgres = postgres;

    [Fact]
    public Task Budgets_journal_and_chain_agree_after_kills_between_any_two_steps() => Seeded.RunAsync(1, seeded => KillAsync(seeded, null, Tier.Pick(20, 1000)));

    [Fact]
    public async Task Budgets_journal_and_chain_agree_after_kills_between_any_two_steps_on_PostgreSQL()
    {
        var database = await _postgres.RequireAsync();
        await Seeded.RunAsync(1, seeded => KillAsync(seeded, database.Url, Tier.Pick(5, 200)));
    }

    private static async Task KillAsync(Seeded seeded, string? storeUrl, int kills)
    {
        using var clock = SandboxClock.Follow(TimeProvider.System);
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(1, 1), clock, storeUrl);
        await using var token = await SimulatedToken.DeployAsync(clock, mandate.Account, 1_000_000);
        await using var node = await SandboxNode.StartAsync(token.Chain);
        await mandate.EditPolicyAsync(Mix(token.Asset));
        await File.WriteAllLinesAsync(Path.Combine(mandate.Folder, ChildMix.WorldFile), [node.Url.ToString(), token.Asset.ToString()]);
        var wallet = await mandate.OpenWalletAsync(token.Chains, AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(token.Asset)), ChildLane.Options);
        var coins = await token.Chain.GetBalanceAsync(mandate.Account);
        (await wallet.AuthorizeAsync(new ApproveIntent { Id = "lets-permit2-take", Account = mandate.Account, Asset = token.Asset, Spender = Permit2.Contract, Amount = 9_000, GasCap = 100_000 })).ShouldBeOfType<AuthorizationResult.Authorized>();

        var said = new Dictionary<string, string>();
        for (var kill = 0; kill < kills; kill++)
        {
            await RunUntilKilledAsync(mandate, seeded, kill, said);
        }

        said.Count.ShouldBeGreaterThan(kills);
        await EndAsync(wallet, clock, token, seeded);
        await CheckAsync(mandate, wallet, token, coins, said);
    }

    private static SpendingPolicy Mix(AssetId token)
    {
        var mandated = KindWorld.Mandated(token);
        return mandated with
        {
            Assets = [new(token, new Caps(PerPayment: 9_000, PerDay: s_cap)), new(AssetId.Native(token.Chain), new Caps(PerPayment: 9, PerDay: s_cap))],
            Origins = [new("http://127.0.0.1:4020", token, new Caps(PerHour: s_cap))],
            Payees = [new(KindWorld.Payee, token, new Caps(PerHour: s_cap))],
            Spenders = [new(token, Permit2.Contract, 9_000), new(token, ChildMix.Spender, 9)],
            Gas = [new(token.Chain, 200_000, KindWorld.MaxFee, UInt256.Parse("900000000000000000000"))],
        };
    }

    // The facilitator brings about half of what was signed on the chain; then so much time passes that nothing else can be.
    private static async Task EndAsync(LocalWallet wallet, SandboxClock clock, SimulatedToken token, Seeded seeded)
    {
        foreach (var payment in (await AllOpenAsync(wallet)).Where(payment => payment.Intent is PaymentIntent && seeded.OneIn(2)))
        {
            switch (payment.Statement)
            {
                case SignedEip3009 signed:
                    await token.SettleAsync($"settle {payment.Intent.Id}", signed.Authorization, signed.Signature);
                    break;
                case SignedPermit2 signed:
                    await token.SettleAsync($"settle {payment.Intent.Id}", signed.Permit, signed.Signature);
                    break;
            }
        }

        clock.Advance(TimeSpan.FromMinutes(10));
        for (var block = 0; block < 13; block++)
        {
            // As deep as what frees money must be.
            token.Chain.Mine();
        }

        await wallet.RecoverAsync();

        // A list gives a thousand at most; each turn ends all that it was given, or the last line says what it left.
        for (var (open, before) = (await AllOpenAsync(wallet), ""); open.Count > 0 && open[0].Intent.Id != before; (open, before) = (await AllOpenAsync(wallet), open[0].Intent.Id))
        {
            foreach (var payment in open)
            {
                await wallet.ReconcileAsync(payment.Intent.Id);
            }
        }

        (await wallet.ListOpenAsync()).ShouldBeEmpty();
    }

    private static async Task CheckAsync(TestMandate mandate, LocalWallet wallet, SimulatedToken token, UInt256 coins, Dictionary<string, string> said)
    {
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
        var recount = await Recount.OfAsync(mandate.Store, mandate.Folder, token.Chains);
        recount.Disagreements.ShouldBeEmpty();
        recount.Held(token.Asset.ToString()).ShouldBeLessThanOrEqualTo(s_cap);
        (await token.Chain.GetBalanceAsync(mandate.Account)).ShouldBe(coins - recount.CoinsSpent(mandate.Account, token.Asset.Chain));

        // What was said is still so: the same signature, the same transaction.
        foreach (var (id, name) in said)
        {
            var payment = (await wallet.GetPaymentAsync(id)).ShouldNotBeNull(id);
            ChildMix.Name(payment.Statement).ShouldBe(name, id);
            recount.Intents[id].State.ShouldNotBe("reserved", id);
        }

        recount.Intents.Values.Select(intent => intent.Kind).Distinct().Count().ShouldBe(5);
    }

    private static async Task<List<Payment>> AllOpenAsync(LocalWallet wallet)
    {
        var open = new List<Payment>();
        foreach (var id in await wallet.ListOpenAsync(1000))
        {
            open.Add((await wallet.GetPaymentAsync(id)).ShouldNotBeNull());
        }

        return open;
    }

    private static async Task RunUntilKilledAsync(TestMandate mandate, Seeded seeded, int kill, Dictionary<string, string> said)
    {
        await using var child = ChildProcess.Start("mix", mandate.Folder, mandate.StoreUrl, $"kill-{kill}", $"{seeded.Next(1_000_000)}");
        for (var until = seeded.Between(1, 25); until > 0; until--)
        {
            Take(said, await child.ReadLineAsync() ?? throw new InvalidOperationException(await child.ReadToEndAsync()));
        }

        child.Kill();
        foreach (var line in (await child.ReadToEndAsync()).Split('\n')[..^1])
        {
            Take(said, line);
        }
    }

    private static void Take(Dictionary<string, string> said, string line)
    {
        if (line.Split(' ') is [not "refused", var id, var name])
        {
            said[id] = name;
        }
    }
}

using System.Globalization;
using Purser.Ethereum;
using Purser.Testing.Postgres;
using Purser.Wallet.Policy;

namespace Purser.Wallet.Tests;

/// <summary>specs/threats.md: "caps beaten by restart or parallel requests".</summary>
public sealed class CapTests : IClassFixture<PostgresFixture>
{
    private const int Cap = 10;
    private readonly PostgresFixture _postgres;

    public CapTests(PostgresFixture postgres) => _postgres = postgres;

    [Fact]
    public async Task Caps_beaten_by_parallel_requests_in_one_process()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(1, Cap), TimeProvider.System);
        var wallet = await mandate.OpenWalletAsync();

        var results = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => wallet.AuthorizeAsync(mandate.Intent($"parallel-{i}"))));

        results.Count(result => result is AuthorizationResult.Authorized).ShouldBe(Cap);
        results.OfType<AuthorizationResult.Refused>().ShouldAllBe(refused => refused.Reason.Code == "policy_cap_per_day" && refused.Reason.Kind == WalletRefusalKind.Policy);
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Caps_beaten_by_parallel_requests_in_four_processes()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(1, Cap), TimeProvider.System);
        (await AuthorizeInChildrenAsync(mandate)).ShouldBe(Cap);
    }

    [Fact]
    public async Task Caps_beaten_by_parallel_requests_in_four_processes_on_PostgreSQL()
    {
        var database = await _postgres.RequireAsync();
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(1, Cap), TimeProvider.System, database.Url);
        (await AuthorizeInChildrenAsync(mandate, each: 25)).ShouldBe(Cap);
    }

    [Fact]
    public async Task Caps_beaten_by_restart()
    {
        await using var mandate = await TestMandate.CreateAsync(TestMandate.Caps(6, Cap), TimeProvider.System);
        (await (await mandate.OpenWalletAsync()).AuthorizeAsync(mandate.Intent("before-restart", 6))).ShouldBeOfType<AuthorizationResult.Authorized>();

        await using var restarted = await TestMandate.OpenAsync(mandate.Folder, mandate.StoreUrl, TimeProvider.System, seed: 2);
        var refused = (await (await restarted.OpenWalletAsync()).AuthorizeAsync(mandate.Intent("after-restart", 6))).ShouldBeOfType<AuthorizationResult.Refused>();
        refused.Reason.Code.ShouldBe("policy_cap_per_day");
    }

    [Fact]
    public async Task A_wide_origin_cap_does_not_widen_the_assets_and_a_narrow_one_narrows_it()
    {
        var policy = TestMandate.Caps(5, 20) with
        {
            Origins = [new("http://127.0.0.1:4020", TestMandate.Token, new Caps(PerDay: 7))],
            Payees = [new(Address.Parse("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"), TestMandate.Token, new Caps(PerHour: 100))],
        };
        await using var mandate = await TestMandate.CreateAsync(policy, TimeProvider.System);
        var wallet = await mandate.OpenWalletAsync();

        (await wallet.AuthorizeAsync(mandate.Intent("first", 5))).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.AuthorizeAsync(mandate.Intent("second", 5))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Message.ShouldContain("127.0.0.1:4020");
        var elsewhere = mandate.Intent("elsewhere", 5) with { Origin = "http://127.0.0.1:9", Url = "http://127.0.0.1:9/" };
        (await wallet.AuthorizeAsync(elsewhere)).ShouldBeOfType<AuthorizationResult.Authorized>();
        (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
    }

    private static async Task<int> AuthorizeInChildrenAsync(TestMandate mandate, int each = 250)
    {
        var children = Enumerable.Range(0, 4).Select(i => ChildProcess.Start("authorize", mandate.Folder, mandate.StoreUrl, $"child{i}", $"{each}")).ToArray();
        try
        {
            var counts = await Task.WhenAll(children.Select(child => child.ReadToEndAsync()));
            var wallet = await mandate.OpenWalletAsync();
            (await wallet.Journal.VerifyAsync()).ShouldBeEmpty();
            return counts.Sum(count => int.Parse(count, CultureInfo.InvariantCulture));
        }
        finally
        {
            foreach (var child in children)
            {
                await child.DisposeAsync();
            }
        }
    }
}

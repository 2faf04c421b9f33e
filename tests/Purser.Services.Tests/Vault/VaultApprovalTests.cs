using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Purser.Services.Vault;
using Purser.Wallet;
using Purser.Wallet.Policy;

namespace Purser.Services.Tests.Vault;

/// <summary>specs/threats.md: an agent that approves its own payments. Its session is never enough, whatever it sends in the place of the secret.</summary>
public sealed class VaultApprovalTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"remember":true}""")]
    [InlineData("""{"secret":null}""")]
    [InlineData("""{"secret":""}""")]
    [InlineData("""{"secret":7}""")]
    [InlineData("""{"secret":"a","secret":"b"}""")]
    [InlineData("""{"secret":"a","remember":"yes"}""")]
    [InlineData("not json")]
    public async Task An_agents_session_can_never_approve(string? body)
    {
        await using var world = await VaultWorld.StartAsync();
        using var request = VaultDoorTests.Request(HttpMethod.Post, "v1/approvals/some-approval/approve", "token-of-ann");
        request.Content = body is null ? null : new StringContent(body);
        using var response = await world.Http().SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await VaultDoorTests.CodeAsync(response)).ShouldBe("approver_required");
    }

    [Fact]
    public async Task A_guessed_secret_approves_nothing_and_where_none_is_set_none_can_be_set_over_http()
    {
        await using var world = await VaultWorld.StartAsync();
        using var request = VaultDoorTests.Request(HttpMethod.Post, "v1/approvals/some-approval/approve", "token-of-ann");
        request.Content = JsonContent.Create(new { secret = "a good guess" });
        using var response = await world.Http().SendAsync(request);
        ((int)response.StatusCode).ShouldBeInRange(400, 499);
        foreach (var method in new[] { HttpMethod.Put, HttpMethod.Post, HttpMethod.Patch, HttpMethod.Delete })
        {
            foreach (var path in new[] { "v1/approver", "v1/approver/secret", "policy.json", "v1/accounts", "v1/keys", "users/ann/policy.json" })
            {
                using var attempt = VaultDoorTests.Request(method, path, "token-of-ann");
                attempt.Content = JsonContent.Create(new { secret = "mine from now on", paused = false });
                using var answer = await world.Http().SendAsync(attempt);
                ((int)answer.StatusCode).ShouldBeInRange(400, 499, $"{method} {path}");
            }
        }
    }

    [Fact]
    public async Task What_the_policy_holds_is_signed_once_the_human_gave_his_secret_and_not_before()
    {
        await using var world = await VaultWorld.StartAsync(change: options => options with { FirstPolicy = _ => Policy() with { HoldFirstPayment = true } });
        var wallet = world.Client();
        var intent = VaultWorld.Intent("held-payment", await VaultWorld.AccountAsync(wallet));
        var needed = (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.ApprovalNeeded>();
        (await wallet.AuthorizeAsync(intent)).ShouldBe(needed, "asking again asks the human once");

        var path = $"v1/approvals/{needed.ApprovalId}/approve";
        (await SendAsync(world, HttpMethod.Post, path, new { })).ShouldBe(HttpStatusCode.Forbidden);
        await SetSecretAsync(world);
        ((int)await SendAsync(world, HttpMethod.Post, path, new { secret = "a wrong guess" })).ShouldBeInRange(400, 499);
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.ApprovalNeeded>();
        (await SendAsync(world, HttpMethod.Post, path, new { secret = Secret }, "token-of-bob")).ShouldNotBe(HttpStatusCode.OK, "another's session does not reach it");

        (await SendAsync(world, HttpMethod.Post, path, new { secret = Secret })).ShouldBe(HttpStatusCode.OK);
        (await wallet.AuthorizeAsync(intent)).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    [Fact]
    public async Task A_session_may_tighten_the_policy_and_never_loosen_it()
    {
        await using var world = await VaultWorld.StartAsync(change: options => options with { FirstPolicy = _ => Policy() });
        var wallet = world.Client();
        var account = await VaultWorld.AccountAsync(wallet);
        await SetSecretAsync(world);
        var tighter = Body(Policy() with { Paused = true });
        (await SendAsync(world, HttpMethod.Put, "v1/policy", tighter)).ShouldBe(HttpStatusCode.OK);
        (await wallet.AuthorizeAsync(VaultWorld.Intent("while-paused", account))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("policy_paused");

        using var request = VaultDoorTests.Request(HttpMethod.Put, "v1/policy", "token-of-ann");
        request.Content = JsonContent.Create(Body(Policy()));
        using var response = await world.Http().SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await VaultDoorTests.CodeAsync(response)).ShouldBe("approver_required");

        var loose = Body(Policy());
        loose["secret"] = Secret;
        (await SendAsync(world, HttpMethod.Put, "v1/policy", loose)).ShouldBe(HttpStatusCode.OK);
        (await wallet.AuthorizeAsync(VaultWorld.Intent("after-loosening", account))).ShouldBeOfType<AuthorizationResult.Authorized>();
    }

    private const string Secret = "the human's own";

    private static SpendingPolicy Policy() => new() { Assets = [new(VaultWorld.Token, new Caps(PerPayment: 5, PerDay: 50))] };

    private static JsonObject Body(SpendingPolicy policy) => new() { ["policy"] = JsonNode.Parse(PolicyJson.Write(policy)) };

    // At the vault's terminal, as `purser approvals secret` does on the user's folder.
    private static async Task SetSecretAsync(VaultWorld world)
    {
        using var lease = (await world.Users.RentAsync(new VaultUser("ann"))).ShouldBeOfType<VaultRental.Open>().Lease;
        (await lease.Folder.Approver.SetAsync(Secret.AsMemory())).ShouldBeNull();
    }

    private static async Task<HttpStatusCode> SendAsync(VaultWorld world, HttpMethod method, string path, object body, string token = "token-of-ann")
    {
        using var request = VaultDoorTests.Request(method, path, token);
        request.Content = JsonContent.Create(body);
        using var response = await world.Http().SendAsync(request);
        return response.StatusCode;
    }
}

using System.Net;
using System.Net.Http.Json;

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
            foreach (var path in new[] { "v1/approver", "v1/approver/secret", "v1/policy", "policy.json", "v1/accounts", "v1/keys", "users/ann/policy.json" })
            {
                using var attempt = VaultDoorTests.Request(method, path, "token-of-ann");
                attempt.Content = JsonContent.Create(new { secret = "mine from now on", paused = false });
                using var answer = await world.Http().SendAsync(attempt);
                ((int)answer.StatusCode).ShouldBeInRange(400, 499, $"{method} {path}");
            }
        }
    }
}

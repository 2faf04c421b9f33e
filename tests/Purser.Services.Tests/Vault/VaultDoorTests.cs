using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Purser.Protocol.Intents;
using Purser.Services.Vault;
using Purser.Testing;

namespace Purser.Services.Tests.Vault;

/// <summary>What may not pass the vault's door, as a stranger would send it.</summary>
public sealed class VaultDoorTests
{
    [Theory]
    [InlineData("evil.example")]
    [InlineData("127.0.0.1.evil.example:80")]
    [InlineData("localhost.evil.example")]
    public async Task DNS_rebinding_a_request_by_another_name_reaches_nothing(string host)
    {
        await using var world = await VaultWorld.StartAsync();
        using var request = Request(HttpMethod.Get, "v1/accounts", "token-of-ann");
        request.Headers.Host = host;
        using var response = await world.Http().SendAsync(request);
        ((int)response.StatusCode).ShouldBe(421);
        (await CodeAsync(response)).ShouldBe("host_not_allowed");
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task A_page_of_another_origin_may_not_ask(string header, string value)
    {
        await using var world = await VaultWorld.StartAsync();
        using var request = Request(HttpMethod.Get, "v1/accounts", "token-of-ann");
        request.Headers.TryAddWithoutValidation(header, value);
        using var response = await world.Http().SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        response.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        (await CodeAsync(response)).ShouldBe("origin_not_allowed");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic dG9rZW4tb2YtYW5uOg==")]
    [InlineData("Bearer token of ann")]
    [InlineData("Bearer token-of-ann2")]
    [InlineData("Bearer ../../ann")]
    public async Task Without_a_session_there_is_a_401_and_nothing_is_made(string? authorization)
    {
        await using var world = await VaultWorld.StartAsync();
        foreach (var (method, path) in new[] { (HttpMethod.Get, "v1/accounts"), (HttpMethod.Get, "v1/payments"), (HttpMethod.Get, "v1/payments/x"), (HttpMethod.Get, "v1/open"), (HttpMethod.Post, "v1/authorize"), (HttpMethod.Post, "v1/present/x"), (HttpMethod.Post, "v1/outcome/x"), (HttpMethod.Post, "v1/reconcile/x") })
        {
            using var request = new HttpRequestMessage(method, path);
            if (authorization is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            }

            using var response = await world.Http().SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
            response.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
            (await CodeAsync(response)).ShouldBeOneOf("login_needed", "session_unknown");
        }

        world.Users.OpenCount.ShouldBe(0);
        Directory.Exists(Path.Combine(world.Folder, "users")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_in_a_query_or_a_body_is_none()
    {
        await using var world = await VaultWorld.StartAsync();
        using var response = await world.Http().GetAsync(new Uri("v1/accounts?access_token=token-of-ann", UriKind.Relative));
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Bad_input_at_the_door_is_a_400_and_never_a_500()
    {
        await using var world = await VaultWorld.StartAsync();
        var http = world.Http();
        var intent = IntentJson.Write(VaultWorld.Intent("bad-input", await VaultWorld.AccountAsync(world.Client())));
        var seeded = new Seeded(5);
        for (var i = 0; i < Tier.Pick(150, 5000); i++)
        {
            var bytes = Mutate(intent, seeded);
            var path = seeded.Pick(["v1/authorize", "v1/outcome/bad-input_______", "v1/payments?limit=" + seeded.Pick(["0", "1001", "-1", "1e3", "", "99999999999"])]);
            using var request = Request(path.Contains('?', StringComparison.Ordinal) ? HttpMethod.Get : HttpMethod.Post, path, "token-of-ann");
            request.Content = request.Method == HttpMethod.Get ? null : new ByteArrayContent(bytes);
            using var response = await http.SendAsync(request);
            ((int)response.StatusCode).ShouldBeLessThan(500, $"seed {seeded.Seed}");
            if ((int)response.StatusCode >= 400)
            {
                (await CodeAsync(response)).ShouldNotBeEmpty();
            }
        }
    }

    [Fact]
    public async Task A_damaged_file_of_one_user_is_told_as_that_and_is_not_the_other_s()
    {
        var folder = Directory.CreateTempSubdirectory("purser-vault-").FullName;
        await using (var first = await VaultWorld.StartAsync(folder: folder))
        {
            await first.Client().ListAccountsAsync();
        }

        var store = Directory.GetFiles(Path.Combine(folder, "users", "ann"), "*.db").ShouldHaveSingleItem();
        await File.WriteAllBytesAsync(store, [.. (await File.ReadAllBytesAsync(store))[..4096], .. Enumerable.Repeat((byte)0xA5, 8192)]);
        await using (var world = await VaultWorld.StartAsync(folder: folder))
        {
            using var request = Request(HttpMethod.Get, "v1/payments", "token-of-ann");
            using var response = await world.Http().SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
            (await CodeAsync(response)).ShouldBe("storage_damaged");
            (await response.Content.ReadAsStringAsync()).ShouldNotContain(folder); // where the vault's files lie is no caller's affair
            (await world.Client("token-of-bob").ListPaymentsAsync()).ShouldBeEmpty();
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Threat_a_refusal_over_http_names_no_file_of_the_vault()
    {
        var folder = Directory.CreateTempSubdirectory("purser-test-vault-").FullName;
        await using (var first = await VaultWorld.StartAsync(folder: folder))
        {
            await first.Client().ListAccountsAsync();
            await first.Client("token-of-bob").ListAccountsAsync();
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(folder, "users", "ann", "keys"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "users", "bob", "policy.json"), "{");
        await using (var world = await VaultWorld.StartAsync(folder: folder))
        {
            foreach (var (method, path, token) in new[] { (HttpMethod.Get, "v1/accounts", "token-of-ann"), (HttpMethod.Get, "v1/policy", "token-of-bob") })
            {
                using var request = Request(method, path, token);
                using var response = await world.Http().SendAsync(request);
                response.IsSuccessStatusCode.ShouldBeFalse();
                var body = await response.Content.ReadAsStringAsync();
                body.ShouldNotContain(folder);
                body.ShouldContain("operator");
            }
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_body_beyond_its_cap_is_not_read()
    {
        await using var world = await VaultWorld.StartAsync();
        var endless = Encoding.ASCII.GetBytes(new string(' ', 1024 * 1024));
        foreach (var path in new[] { "v1/authorize", "v1/outcome/whatever" })
        {
            using var request = Request(HttpMethod.Post, path, "token-of-ann");
            request.Content = new ByteArrayContent(endless);
            using var response = await world.Http().SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task Who_asks_too_often_is_told_when_to_come_again()
    {
        await using var world = await VaultWorld.StartAsync(change: options => options with { PerUser = new(PerMinute: 1, Burst: 2) });
        var http = world.Http();
        HttpResponseMessage last = null!;
        for (var i = 0; i < 3; i++)
        {
            using var request = Request(HttpMethod.Get, "v1/accounts", "token-of-ann");
            last = await http.SendAsync(request);
        }

        using (last)
        {
            last.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            last.Headers.RetryAfter.ShouldNotBeNull().Delta.ShouldNotBeNull().TotalSeconds.ShouldBeInRange(1, 60);
        }

        using var other = Request(HttpMethod.Get, "v1/accounts", "token-of-bob");
        using var answer = await http.SendAsync(other);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, "the one's haste is not the other's");
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../ann")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    [InlineData("Ann")]
    [InlineData("-ann")]
    [InlineData("ann\n")]
    public void A_users_id_is_fit_to_be_a_folders_name(string id) => Should.Throw<ArgumentException>(() => new VaultUser(id));

    internal static HttpRequestMessage Request(HttpMethod method, string path, string token)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    internal static async Task<string> CodeAsync(HttpResponseMessage response)
    {
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        response.Headers.CacheControl?.NoStore.ShouldBeTrue();
        using var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return body.RootElement.GetProperty("code").GetString()!;
    }

    private static byte[] Mutate(byte[] bytes, Seeded seeded)
    {
        switch (seeded.Next(4))
        {
            case 0:
                return bytes[..seeded.Next(bytes.Length)];
            case 1:
                return [.. bytes, .. seeded.Bytes(seeded.Between(1, 20))];
            case 2:
                var changed = bytes.ToArray();
                changed[seeded.Next(changed.Length)] = (byte)seeded.Next(256);
                return changed;
            default:
                return seeded.Bytes(seeded.Next(200));
        }
    }
}

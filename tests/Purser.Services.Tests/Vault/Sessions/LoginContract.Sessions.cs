using Purser.Services.Mail;
using Purser.Services.Vault.Sessions;

namespace Purser.Services.Tests.Vault.Sessions;

public abstract partial class LoginContract
{
    private const string Here = "127.0.0.1";

    private async Task<(SessionGrant Grant, string Device)> OpenAsync()
    {
        var device = Vault.NewDevice();
        var made = (await Vault.Keys.CreateAsync($"key-{Vault.NewDevice()[4..10].ToLowerInvariant().Replace('-', '0').Replace('_', '0')}", null)).ShouldBeOfType<ApiKeyResult.Made>();
        return (Replica.Granted(await Vault.Keys.LogInAsync(made.Secret, device, Here)), device);
    }

    [Fact]
    public async Task An_access_token_ends_after_fifteen_minutes_and_is_refreshed_for_thirty_days()
    {
        var (grant, device) = await OpenAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        (await Vault.LookAsync(grant.AccessToken)).ShouldStartWith("key-");
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        (await Vault.LookAsync(grant.AccessToken)).ShouldBe("session_expired");
        _world.Clock.TurnBackTo(_world.Clock.GetUtcNow() - TimeSpan.FromHours(1));
        (await Vault.LookAsync(grant.RefreshToken)).ShouldBe("session_unknown"); // not a bearer token

        for (var i = 0; i < 3; i++)
        {
            var next = Replica.Granted(await Vault.Sessions.RefreshAsync(grant.RefreshToken, device, Vault.NewRotation(), Here));
            next.UserId.ShouldBe(grant.UserId);
            (await Vault.LookAsync(next.AccessToken)).ShouldStartWith("key-");
            grant = next;
            _world.Clock.Advance(TimeSpan.FromDays(29));
        }

        _world.Clock.Advance(TimeSpan.FromDays(1));
        Replica.Code(await Vault.Sessions.RefreshAsync(grant.RefreshToken, device, Vault.NewRotation(), Here)).ShouldBe("session_expired");
    }

    [Fact]
    public async Task A_session_ends_after_ninety_days_however_often_it_is_refreshed()
    {
        var (grant, device) = await OpenAsync();
        for (var i = 0; i < 4; i++)
        {
            _world.Clock.Advance(TimeSpan.FromDays(22));
            grant = Replica.Granted(await Vault.Sessions.RefreshAsync(grant.RefreshToken, device, Vault.NewRotation(), Here));
        }

        _world.Clock.Advance(TimeSpan.FromDays(2));
        (await Vault.LookAsync(grant.AccessToken)).ShouldBe("session_expired");
        Replica.Code(await Vault.Sessions.RefreshAsync(grant.RefreshToken, device, Vault.NewRotation(), Here)).ShouldBe("session_expired");
    }

    [Fact]
    public async Task Threat_a_clock_that_jumps_forward_and_back_ends_sessions_early_and_neither_revives_nor_extends_any()
    {
        var (before, device) = await OpenAsync();
        var right = _world.Clock.GetUtcNow();
        _world.Clock.Advance(TimeSpan.FromDays(3650));
        (await Vault.LookAsync(before.AccessToken)).ShouldBe("session_expired");
        var (during, duringDevice) = await OpenAsync(); // somebody logs in while the clock is wrong, and what had ended is forgotten
        _world.Clock.TurnBackTo(right);

        // What ended by the jump stays ended. What was begun, then and now, lasts as long as any and not ten years.
        (await Vault.LookAsync(before.AccessToken)).ShouldBe("session_unknown");
        Replica.Code(await Vault.Sessions.RefreshAsync(before.RefreshToken, device, Vault.NewRotation(), Here)).ShouldBe("session_unknown");
        var (after, afterDevice) = await OpenAsync();
        after.AccessExpiresAt.ShouldBe(right + TimeSpan.FromMinutes(15)); // told in the machine's time
        _world.Clock.Advance(TimeSpan.FromMinutes(14));
        (await Vault.LookAsync(during.AccessToken)).ShouldStartWith("key-");
        (await Vault.LookAsync(after.AccessToken)).ShouldStartWith("key-");
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        var other = await _world.ReplicaAsync();
        (await other.LookAsync(during.AccessToken)).ShouldBe("session_expired");
        (await other.LookAsync(after.AccessToken)).ShouldBe("session_expired");
        Replica.Granted(await other.Sessions.RefreshAsync(during.RefreshToken, duringDevice, Vault.NewRotation(), Here));
        _world.Clock.Advance(TimeSpan.FromDays(30));
        Replica.Code(await Vault.Sessions.RefreshAsync(after.RefreshToken, afterDevice, Vault.NewRotation(), Here)).ShouldBe("session_expired");
    }

    [Fact]
    public async Task A_clock_that_is_set_back_lets_time_run_on_for_those_who_only_read()
    {
        var (grant, _) = await OpenAsync();
        _world.Clock.TurnBackTo(_world.Clock.GetUtcNow() - TimeSpan.FromHours(5));
        (await Vault.LookAsync(grant.AccessToken)).ShouldStartWith("key-");
        _world.Clock.Advance(TimeSpan.FromMinutes(15));
        (await Vault.LookAsync(grant.AccessToken)).ShouldBe("session_expired");
    }

    [Fact]
    public async Task Replicas_whose_clocks_lie_some_seconds_apart_do_not_drive_time_on()
    {
        var (grant, _) = await OpenAsync();
        var right = _world.Clock.GetUtcNow();
        for (var i = 0; i < 100; i++)
        {
            // As if two replicas wrote in turn, one five seconds behind the other.
            _world.Clock.TurnBackTo(right - TimeSpan.FromSeconds(5));
            await OpenAsync();
            _world.Clock.Advance(TimeSpan.FromSeconds(5));
            await OpenAsync();
        }

        _world.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        (await Vault.LookAsync(grant.AccessToken)).ShouldStartWith("key-");
    }

    [Fact]
    public async Task Threat_a_stolen_refresh_token_used_by_two_ends_the_session_for_both()
    {
        var (grant, device) = await OpenAsync();
        var thief = Replica.Granted(await Vault.Sessions.RefreshAsync(grant.RefreshToken, device, Vault.NewRotation(), "10.0.0.1"));
        (await Vault.LookAsync(thief.AccessToken)).ShouldStartWith("key-");
        Replica.Code(await Vault.Sessions.RefreshAsync(grant.RefreshToken, device, Vault.NewRotation(), Here)).ShouldBe("session_reused");
        (await Vault.LookAsync(thief.AccessToken)).ShouldBe("session_ended");
        (await Vault.LookAsync(grant.AccessToken)).ShouldBe("session_ended");
        Replica.Code(await Vault.Sessions.RefreshAsync(thief.RefreshToken, device, Vault.NewRotation(), Here)).ShouldBe("session_ended");
    }

    [Fact]
    public async Task Threat_a_refresh_token_without_its_devices_secret_gets_nothing_and_ends_the_session()
    {
        var (grant, device) = await OpenAsync();
        Replica.Code(await Vault.Sessions.RefreshAsync(grant.RefreshToken, Vault.NewDevice(), Vault.NewRotation(), Here)).ShouldBe("session_reused");
        Replica.Code(await Vault.Sessions.RefreshAsync(grant.RefreshToken, device, Vault.NewRotation(), Here)).ShouldBe("session_ended");
    }

    [Fact]
    public async Task A_refresh_whose_reply_was_lost_is_repeated_and_gives_the_same_tokens_until_they_are_used()
    {
        var (grant, device) = await OpenAsync();
        var rotation = Vault.NewRotation();
        var other = await _world.ReplicaAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => (i % 2 == 0 ? Vault : other).Sessions.RefreshAsync(grant.RefreshToken, device, rotation, Here)));
        var first = Replica.Granted(answers[0]);
        answers.Select(Replica.Granted).ShouldAllBe(next => next == first);

        var next = Replica.Granted(await Vault.Sessions.RefreshAsync(first.RefreshToken, device, Vault.NewRotation(), Here));
        Replica.Code(await Vault.Sessions.RefreshAsync(grant.RefreshToken, device, rotation, Here)).ShouldBe("session_reused"); // its result was used: no lost reply any more
        (await Vault.LookAsync(next.AccessToken)).ShouldBe("session_ended");
    }

    [Fact]
    public async Task The_repeat_of_a_refresh_is_good_for_two_minutes()
    {
        var (grant, device) = await OpenAsync();
        var rotation = Vault.NewRotation();
        Replica.Granted(await Vault.Sessions.RefreshAsync(grant.RefreshToken, device, rotation, Here));
        _world.Clock.Advance(TimeSpan.FromSeconds(121));
        Replica.Code(await Vault.Sessions.RefreshAsync(grant.RefreshToken, device, rotation, Here)).ShouldBe("session_reused");
    }

    [Fact]
    public async Task Logging_out_ends_the_session_for_good_and_needs_the_devices_secret()
    {
        var (grant, device) = await OpenAsync();
        (await Vault.Sessions.LogOutAsync(grant.RefreshToken, Vault.NewDevice())).ShouldBeFalse();
        (await Vault.LookAsync(grant.AccessToken)).ShouldStartWith("key-");
        (await Vault.Sessions.LogOutAsync(grant.RefreshToken, device)).ShouldBeTrue();
        (await Vault.LookAsync(grant.AccessToken)).ShouldBe("session_ended");
        Replica.Code(await Vault.Sessions.RefreshAsync(grant.RefreshToken, device, Vault.NewRotation(), Here)).ShouldBe("session_ended");
        (await Vault.Sessions.LogOutAsync(grant.RefreshToken, device)).ShouldBeFalse();
    }

    [Fact]
    public async Task An_api_key_is_shown_once_is_listed_without_its_secret_and_revoking_it_ends_its_sessions()
    {
        var made = (await Vault.Keys.CreateAsync("ci", null)).ShouldBeOfType<ApiKeyResult.Made>();
        made.Secret.ShouldStartWith("pvk_");
        made.ToString().ShouldNotContain(made.Secret);
        (await Vault.Keys.CreateAsync("ci", null)).ShouldBeOfType<ApiKeyResult.Refused>().Reason.Code.ShouldBe("key_exists");
        (await Vault.Keys.CreateAsync("No Name", null)).ShouldBeOfType<ApiKeyResult.Refused>().Reason.Code.ShouldBe("key_name_invalid");
        var grant = Replica.Granted(await Vault.Keys.LogInAsync(made.Secret, Vault.NewDevice(), Here));
        var listed = (await Vault.Keys.ListAsync()).Single();
        (listed.Name, listed.UserId, listed.UsedAt, listed.RevokedAt).ShouldBe(("ci", grant.UserId, _world.Clock.GetUtcNow(), null));

        (await Vault.Keys.RevokeAsync("ci")).ShouldBeTrue();
        (await Vault.Keys.RevokeAsync("ci")).ShouldBeFalse();
        (await Vault.LookAsync(grant.AccessToken)).ShouldBe("session_ended");
        Replica.Code(await Vault.Keys.LogInAsync(made.Secret, Vault.NewDevice(), Here)).ShouldBe("api_key_refused");
    }

    [Fact]
    public async Task A_key_for_an_email_and_a_login_by_it_are_the_same_user()
    {
        EmailAddress.TryParse(Me, out var address).ShouldBeTrue();
        var made = (await Vault.Keys.CreateAsync("mine", address)).ShouldBeOfType<ApiKeyResult.Made>();
        var grant = await Vault.LogInAsync(_world, Me, Vault.NewDevice());
        grant.UserId.ShouldBe(made.Key.UserId);
    }

    [Fact]
    public async Task Threat_guessing_api_keys_locks_out_the_callers_wrong_keys_and_never_a_good_one()
    {
        var made = (await Vault.Keys.CreateAsync("ci", null)).ShouldBeOfType<ApiKeyResult.Made>();
        string?[] wrong = [null, "", "pvk_", "pvk_" + new string('A', 43), made.Secret[..^1] + (made.Secret[^1] == 'A' ? 'B' : 'A'), new string('x', 10_000), made.Secret + "=", "pva_" + made.Secret[4..]];
        for (var i = 0; i < 20; i++)
        {
            Replica.Code(await Vault.Keys.LogInAsync(wrong[i % wrong.Length], Vault.NewDevice(), "10.0.0.9")).ShouldBe("api_key_refused");
        }

        var other = await _world.ReplicaAsync();
        var locked = (await other.Keys.LogInAsync(wrong[4], Vault.NewDevice(), "10.0.0.9")).ShouldBeOfType<LoginResult.Refused>().Reason;
        (locked.Code, locked.Status, locked.RetryAfter).ShouldBe(("login_locked", 429, TimeSpan.FromMinutes(15)));
        Replica.Granted(await other.Keys.LogInAsync(made.Secret, Vault.NewDevice(), Here));
        Replica.Granted(await other.Keys.LogInAsync(made.Secret, Vault.NewDevice(), "10.0.0.9"));
        _world.Clock.Advance(TimeSpan.FromMinutes(15));
        Replica.Code(await other.Keys.LogInAsync(wrong[4], Vault.NewDevice(), "10.0.0.9")).ShouldBe("api_key_refused");
    }

    [Fact]
    public async Task A_user_has_at_most_twenty_sessions_and_a_further_one_ends_the_oldest()
    {
        var made = (await Vault.Keys.CreateAsync("ci", null)).ShouldBeOfType<ApiKeyResult.Made>();
        var grants = new List<SessionGrant>();
        for (var i = 0; i < 21; i++)
        {
            grants.Add(Replica.Granted(await Vault.Keys.LogInAsync(made.Secret, Vault.NewDevice(), Here)));
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        (await Vault.LookAsync(grants[0].AccessToken)).ShouldBe("session_ended");
        (await Vault.LookAsync(grants[1].AccessToken)).ShouldBe("ci");
        (await Vault.LookAsync(grants[20].AccessToken)).ShouldBe("ci");
    }

    [Fact]
    public async Task Threat_the_store_holds_no_token_code_or_key()
    {
        var made = (await Vault.Keys.CreateAsync("ci", null)).ShouldBeOfType<ApiKeyResult.Made>();
        var device = Vault.NewDevice();
        var grant = Replica.Granted(await Vault.Keys.LogInAsync(made.Secret, device, Here));
        var attempt = await Vault.BeginAsync(Me, device);
        var code = _world.Mail.LastFor(Me).Code;
        var columns = await Vault.Store.ReadAsync(reader =>
            reader.Query<byte[]>("SELECT secret_hash FROM vault_login_keys UNION ALL SELECT hash FROM vault_login_tokens UNION ALL SELECT device_hash FROM vault_login_sessions UNION ALL SELECT device_hash FROM vault_login_attempts UNION ALL SELECT code_hash FROM vault_login_attempts"));
        foreach (var secret in new[] { made.Secret, device, grant.AccessToken, grant.RefreshToken })
        {
            columns.Select(Convert.ToHexString).ShouldNotContain(Convert.ToHexString(System.Buffers.Text.Base64Url.DecodeFromChars(secret.AsSpan(4))));
        }

        // Whoever has the store still has to guess the device's 256 bits before he can try codes against the hash.
        var plain = System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes($"{attempt}\n{Me}\n{code}"));
        columns.Select(Convert.ToHexString).ShouldNotContain(Convert.ToHexString(plain));
    }

    [Fact]
    public async Task What_has_expired_is_forgotten_as_new_logins_come()
    {
        for (var i = 0; i < 3; i++)
        {
            await OpenAsync();
            await Vault.BeginAsync($"a{i}@example.org", Vault.NewDevice());
        }

        _world.Clock.Advance(TimeSpan.FromDays(91));
        await OpenAsync();
        var counts = await Vault.Store.ReadAsync(reader => new[] { "sessions", "tokens", "attempts", "guards" }.Select(table => reader.QuerySingleOrDefault<long>($"SELECT COUNT(*) FROM vault_login_{table}")).ToArray());
        counts.ShouldBe([1, 2, 0, 0]);
    }
}

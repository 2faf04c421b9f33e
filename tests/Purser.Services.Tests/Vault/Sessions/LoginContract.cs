using Purser.Services.Vault.Sessions;
using Purser.Storage;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.Vault.Sessions;

/// <summary>What logins and sessions promise, on every database.</summary>
public abstract partial class LoginContract : IAsyncLifetime
{
    private const string Me = "me@example.org";

    private LoginWorld _world = null!;

    protected abstract Task<StoreUrl> CreateAsync();

    private Replica Vault => _world.Vault;

    public async ValueTask InitializeAsync() => _world = await LoginWorld.StartAsync(await CreateAsync());

    public virtual async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_code_from_the_mail_opens_a_session_and_the_same_email_is_the_same_user()
    {
        var first = await Vault.LogInAsync(_world, Me, Vault.NewDevice());
        (await Vault.LookAsync(first.AccessToken)).ShouldBe(Me);
        var mail = _world.Mail.LastFor(Me);
        mail.From.ShouldBe("MAIL FROM:<vault@purser.test>");
        mail.To.ShouldBe([Me]);
        mail.Text.ShouldStartWith("From: Purser vault <vault@purser.test>\r\nTo: <me@example.org>\r\nSubject: Your Purser login code\r\nDate: Wed, 04 Mar 2026 05:06:07 +0000\r\n");

        var again = await Vault.LogInAsync(_world, Me, Vault.NewDevice());
        again.UserId.ShouldBe(first.UserId);
        (await Vault.LogInAsync(_world, "other@example.org", Vault.NewDevice())).UserId.ShouldNotBe(first.UserId);
        first.ToString().ShouldNotContain("pv");
    }

    [Fact]
    public async Task Threat_code_guessing_the_sixth_try_finds_the_code_dead()
    {
        var device = Vault.NewDevice();
        var attempt = await Vault.BeginAsync(Me, device);
        var code = _world.Mail.LastFor(Me).Code;
        var wrong = code == "00000000" ? "00000001" : "00000000";
        for (var left = 4; left >= 0; left--)
        {
            var refused = (await Vault.Emails.VerifyAsync(attempt, device, left == 2 ? "no digits" : wrong, "127.0.0.1")).ShouldBeOfType<LoginResult.Refused>().Reason;
            refused.Code.ShouldBe("code_wrong");
            refused.Members["triesLeft"].ShouldBe(left.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        Replica.Code(await Vault.Emails.VerifyAsync(attempt, device, code, "127.0.0.1")).ShouldBe("code_dead");
    }

    [Fact]
    public async Task Threat_code_guessing_over_many_attempts_locks_the_address_for_every_replica_and_after_a_restart()
    {
        var device = Vault.NewDevice();
        string? attempt = null;
        for (var guess = 0; guess < 10; guess++)
        {
            if (guess % 5 == 0)
            {
                attempt = await Vault.BeginAsync(Me, device);
            }

            Replica.Code(await Vault.Emails.VerifyAsync(attempt, device, "", $"10.0.0.{guess}")).ShouldBe(guess < 9 ? "code_wrong" : "login_locked");
        }

        var other = await _world.ReplicaAsync();
        var locked = (await other.Emails.BeginAsync(Me, device, "127.0.0.1")).ShouldBeOfType<LoginResult.Refused>().Reason;
        locked.Status.ShouldBe(429);
        locked.RetryAfter.ShouldBe(TimeSpan.FromHours(1));
        _world.Clock.Advance(TimeSpan.FromMinutes(59));
        Replica.Code(await other.Emails.BeginAsync(Me, device, "127.0.0.1")).ShouldBe("login_locked");
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        (await other.LogInAsync(_world, Me, device)).UserName.ShouldBe(Me);
    }

    [Fact]
    public async Task Threat_many_guesses_at_once_get_no_more_tries_than_one_after_another()
    {
        var device = Vault.NewDevice();
        var attempt = await Vault.BeginAsync(Me, device);
        Replica[] replicas = [Vault, await _world.ReplicaAsync(), await _world.ReplicaAsync()];
        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => replicas[i % 3].Emails.VerifyAsync(attempt, device, "x", "127.0.0.1")));
        answers.Select(Replica.Code).Count(code => code == "code_wrong").ShouldBe(5);
        answers.Select(Replica.Code).Count(code => code == "code_dead").ShouldBe(25);
    }

    [Fact]
    public async Task Threat_a_code_for_another_attempt_or_another_device_opens_nothing()
    {
        var (mine, theirs) = (Vault.NewDevice(), Vault.NewDevice());
        var first = await Vault.BeginAsync(Me, mine);
        var firstCode = _world.Mail.LastFor(Me).Code;
        var second = await Vault.BeginAsync(Me, mine);
        Replica.Code(await Vault.Emails.VerifyAsync(second, mine, firstCode, "127.0.0.1")).ShouldBe("code_wrong");
        Replica.Code(await Vault.Emails.VerifyAsync(first, theirs, firstCode, "127.0.0.1")).ShouldBe("login_unknown");
        Replica.Code(await Vault.Emails.VerifyAsync("a_00", mine, firstCode, "127.0.0.1")).ShouldBe("login_unknown");
        Replica.Granted(await Vault.Emails.VerifyAsync(first, mine, firstCode, "127.0.0.1")).UserName.ShouldBe(Me);
    }

    [Fact]
    public async Task Threat_a_replayed_code_opens_nothing_and_of_two_at_once_one_wins()
    {
        var device = Vault.NewDevice();
        var attempt = await Vault.BeginAsync(Me, device);
        var code = _world.Mail.LastFor(Me).Code;
        var other = await _world.ReplicaAsync();
        var both = await Task.WhenAll(Vault.Emails.VerifyAsync(attempt, device, code, "a"), other.Emails.VerifyAsync(attempt, device, code, "b"));
        both.OfType<LoginResult.Granted>().Count().ShouldBe(1);
        both.OfType<LoginResult.Refused>().Single().Reason.Code.ShouldBe("code_used");
        Replica.Code(await Vault.Emails.VerifyAsync(attempt, device, code, "a")).ShouldBe("code_used");
    }

    [Fact]
    public async Task A_code_ends_after_ten_minutes_and_a_clock_that_is_set_back_does_not_revive_it()
    {
        var device = Vault.NewDevice();
        var attempt = await Vault.BeginAsync(Me, device);
        var code = _world.Mail.LastFor(Me).Code;
        _world.Clock.Advance(TimeSpan.FromMinutes(10));
        Replica.Code(await Vault.Emails.VerifyAsync(attempt, device, code, "a")).ShouldBe("code_expired");
        _world.Clock.TurnBackTo(_world.Clock.GetUtcNow() - TimeSpan.FromHours(1));
        Replica.Code(await Vault.Emails.VerifyAsync(attempt, device, code, "a")).ShouldBe("code_expired");
    }

    [Fact]
    public async Task Codes_are_limited_by_address_and_by_caller_and_the_refusal_says_how_long()
    {
        for (var i = 0; i < 5; i++)
        {
            await Vault.BeginAsync(Me, Vault.NewDevice());
            _world.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        var limited = (await Vault.Emails.BeginAsync(Me, Vault.NewDevice(), "elsewhere")).ShouldBeOfType<LoginResult.Refused>().Reason;
        limited.Code.ShouldBe("login_limited");
        limited.Status.ShouldBe(429);
        limited.RetryAfter.ShouldBe(TimeSpan.FromMinutes(55));
        for (var i = 0; i < 25; i++)
        {
            await Vault.BeginAsync($"a{i}@example.org", Vault.NewDevice());
        }

        Replica.Code(await Vault.Emails.BeginAsync("more@example.org", Vault.NewDevice(), "127.0.0.1")).ShouldBe("login_limited");
        await Vault.BeginAsync("more@example.org", Vault.NewDevice(), "10.1.1.1");
        _world.Clock.Advance(TimeSpan.FromMinutes(55));
        await Vault.BeginAsync(Me, Vault.NewDevice());
    }

    [Fact]
    public async Task Threat_user_enumeration_an_unknown_address_is_answered_like_a_known_one_and_gets_no_mail()
    {
        await Vault.LogInAsync(_world, Me, Vault.NewDevice());
        var closed = await _world.ReplicaAsync(new SessionOptions { AllowNewUsers = false });
        var mails = _world.Mail.Mails.Count;
        var device = closed.NewDevice();
        var known = (await closed.Emails.BeginAsync(Me, device, "a")).ShouldBeOfType<LoginResult.CodeSent>();
        var unknown = (await closed.Emails.BeginAsync("nobody@example.org", device, "a")).ShouldBeOfType<LoginResult.CodeSent>();
        (unknown.ExpiresAt, unknown.Attempt.Length).ShouldBe((known.ExpiresAt, known.Attempt.Length));
        _world.Mail.Mails.Count.ShouldBe(mails + 1);
        foreach (var attempt in new[] { known.Attempt, unknown.Attempt })
        {
            Replica.Code(await closed.Emails.VerifyAsync(attempt, device, "12345678", "a")).ShouldBe("code_wrong");
        }

        // The mail server's moods show alike too.
        foreach (var (mood, code) in new[] { (Purser.Testing.Mail.SmtpMood.Busy, "mail_unavailable"), (Purser.Testing.Mail.SmtpMood.KnowsNoRecipient, "mail_refused") })
        {
            _world.Mail.Mood = mood;
            Replica.Code(await closed.Emails.BeginAsync(Me, device, "a")).ShouldBe(code);
            Replica.Code(await closed.Emails.BeginAsync("nobody@example.org", device, "a")).ShouldBe(code);
        }
    }
}

public sealed class LoginsOnSqliteTests : LoginContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-logins-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<StoreUrl> CreateAsync() => Task.FromResult(StoreUrl.ForFile(Path.Combine(_folder, "vault.db")));
}

public sealed class LoginsOnPostgresTests : LoginContract
{
    private PostgresDatabase? _database;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    protected override async Task<StoreUrl> CreateAsync()
    {
        _database = await PostgresServer.CreateDatabaseAsync();
        return StoreUrl.Parse(_database.Url);
    }
}

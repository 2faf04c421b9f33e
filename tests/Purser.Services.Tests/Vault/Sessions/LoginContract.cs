using Purser.Services.Mail;
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
    public async Task Threat_code_guessing_over_many_attempts_leaves_each_further_code_two_tries_on_every_replica_until_an_hour_has_passed()
    {
        var (first, second) = (Vault.NewDevice(), Vault.NewDevice());
        for (var guess = 0; guess < 10; guess++)
        {
            var (device, attempt) = guess < 5 ? (first, await AttemptAsync(first)) : (second, await AttemptAsync(second));
            Replica.Code(await Vault.Emails.VerifyAsync(attempt, device, "", $"10.0.0.{guess}")).ShouldBe("code_wrong");
        }

        var other = await _world.ReplicaAsync();
        (await CountTriesAsync(other)).ShouldBe(2);
        _world.Clock.Advance(TimeSpan.FromMinutes(61));
        (await CountTriesAsync(other)).ShouldBe(5);

        async Task<string> AttemptAsync(string device)
        {
            var attempt = await Vault.BeginAsync(Me, device, device);
            return attempt;
        }

        static async Task<int> CountTriesAsync(Replica vault)
        {
            var device = vault.NewDevice();
            var attempt = await vault.BeginAsync(Me, device, "elsewhere");
            for (var tries = 0; ; tries++)
            {
                if (Replica.Code(await vault.Emails.VerifyAsync(attempt, device, "", "elsewhere")) == "code_dead")
                {
                    return tries;
                }
            }
        }
    }

    [Fact]
    public async Task Threat_lockout_as_denial_of_service_a_stranger_who_guesses_and_asks_without_end_holds_the_owner_up_for_two_minutes_at_most()
    {
        var device = Vault.NewDevice();
        var session = await Vault.LogInAsync(_world, Me, device);
        var key = ((ApiKeyResult.Made)await Vault.Keys.CreateAsync("mine", null)).Secret;
        var pending = Vault.NewDevice();
        var begun = await Vault.BeginAsync(Me, pending); // the owner is about to log in somewhere else
        var code = _world.Mail.LastFor(Me).Code;
        for (var i = 0; i < 40; i++)
        {
            var stranger = Vault.NewDevice();
            if (await Vault.Emails.BeginAsync(Me, stranger, Here) is LoginResult.CodeSent sent)
            {
                for (var guess = 0; guess < 6; guess++)
                {
                    await Vault.Emails.VerifyAsync(sent.Attempt, stranger, "", Here);
                }
            }

            await Vault.Emails.VerifyAsync("a_00", stranger, "12345678", Here);
            await Vault.Keys.LogInAsync("pvk_x", stranger, Here);
            await Vault.Sessions.RefreshAsync(SecretOf("pvr_"), stranger, Vault.NewRotation(), Here);
        }

        // Everything that shows a credential goes on, from the same address as the stranger's noise: the session, its refresh, the API key, the code of a mail, a known device.
        (await Vault.LookAsync(session.AccessToken)).ShouldBe(Me);
        Replica.Granted(await Vault.Sessions.RefreshAsync(session.RefreshToken, device, Vault.NewRotation(), Here));
        Replica.Granted(await Vault.Keys.LogInAsync(key, Vault.NewDevice(), Here)).UserName.ShouldBe("mine");
        Replica.Granted(await Vault.Emails.VerifyAsync(begun, pending, code, Here)).UserName.ShouldBe(Me);
        await Vault.LogInAsync(_world, Me, device);

        // A device that nobody knows gets its code at once from elsewhere, and from there after a pause.
        await Vault.BeginAsync(Me, Vault.NewDevice(), "10.0.0.1");
        var wait = (await Vault.Emails.BeginAsync(Me, Vault.NewDevice(), Here)).ShouldBeOfType<LoginResult.Refused>().Reason;
        wait.Code.ShouldBe("login_limited");
        wait.RetryAfter!.Value.ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(2));
        _world.Clock.Advance(wait.RetryAfter.Value);
        await Vault.BeginAsync(Me, Vault.NewDevice());

        string SecretOf(string prefix) => prefix + Vault.NewDevice()[4..];
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
    public async Task Codes_are_paced_by_address_and_by_caller_and_the_refusal_says_how_long()
    {
        for (var i = 0; i < 5; i++)
        {
            await Vault.BeginAsync(Me, Vault.NewDevice());
        }

        foreach (var pause in new[] { 15, 30, 60, 120, 120, 120 })
        {
            var limited = (await Vault.Emails.BeginAsync(Me, Vault.NewDevice(), Here)).ShouldBeOfType<LoginResult.Refused>().Reason;
            (limited.Code, limited.Status, limited.RetryAfter).ShouldBe(("login_limited", 429, TimeSpan.FromSeconds(pause)));
            _world.Clock.Advance(TimeSpan.FromSeconds(pause));
            await Vault.BeginAsync(Me, Vault.NewDevice());
        }

        for (var i = 11; i < 30; i++)
        {
            await Vault.BeginAsync($"a{i}@example.org", Vault.NewDevice());
        }

        (await Vault.Emails.BeginAsync("more@example.org", Vault.NewDevice(), Here)).ShouldBeOfType<LoginResult.Refused>().Reason.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        await Vault.BeginAsync("more@example.org", Vault.NewDevice(), "10.1.1.1");
        _world.Clock.Advance(TimeSpan.FromHours(1));
        for (var i = 0; i < 5; i++)
        {
            await Vault.BeginAsync(Me, Vault.NewDevice());
        }
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
        await closed.Emails.DrainAsync();
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

    [Fact]
    public async Task Threat_user_enumeration_by_time_the_answer_is_out_before_a_mail_is_written_or_given_up()
    {
        await Vault.LogInAsync(_world, Me, Vault.NewDevice());
        var mailer = new StuckMailer();
        var closed = await _world.ReplicaAsync(new SessionOptions { AllowNewUsers = false }, mailer);
        foreach (var email in new[] { Me, "nobody@example.org" })
        {
            // The server never takes the text, and yet both are answered: nothing that differs between the two lies before the answer.
            (await closed.Emails.BeginAsync(email, closed.NewDevice(), "a")).ShouldBeOfType<LoginResult.CodeSent>();
        }

        mailer.Opened.ShouldBe([Me, "nobody@example.org"]);
        mailer.Release.SetResult();
        await closed.Emails.DrainAsync();
        mailer.Sent.ShouldBe([Me]);
        mailer.Closed.ShouldBe(2);
    }

    private sealed class StuckMailer : ICodeMailer
    {
        public List<string> Opened { get; } = [];

        public List<string> Sent { get; } = [];

        public int Closed;

        public TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<ICodeMail> OpenAsync(EmailAddress to, CancellationToken cancellationToken = default)
        {
            Opened.Add(to.Text);
            return Task.FromResult<ICodeMail>(new Mail(this, to.Text));
        }

        private sealed class Mail(StuckMailer mailer, string to) : ICodeMail
        {
            public async Task SendAsync(string code, CancellationToken cancellationToken = default)
            {
                await mailer.Release.Task;
                mailer.Sent.Add(to);
            }

            public ValueTask DisposeAsync()
            {
                Interlocked.Increment(ref mailer.Closed);
                return ValueTask.CompletedTask;
            }
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

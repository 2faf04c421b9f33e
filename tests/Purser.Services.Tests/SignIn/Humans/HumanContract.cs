using Purser.Sandbox.Chain;
using Purser.Services.Gate;
using Purser.Services.Mail;
using Purser.Services.SignIn.Humans;
using Purser.Services.Tests.Payments;
using Purser.Services.Tests.Vault.Sessions;
using Purser.Storage;
using Purser.Testing.Mail;
using Purser.Testing.Postgres;

namespace Purser.Services.Tests.SignIn.Humans;

/// <summary>What people's accounts and tokens promise, on every database.</summary>
public abstract class HumanContract : IAsyncLifetime
{
    private const string Ann = "ann@example.org";
    private const string Here = "10.0.0.1";
    private const string Password = "a few good words";

    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));
    private readonly SmtpServer _mail = new();
    private readonly List<IAsyncDisposable> _open = [];
    private StoreUrl _url = null!;
    private ulong _seed = 1;
    private HumanAccounts _accounts = null!;
    private HumanTokens _tokens = null!;

    protected abstract Task<StoreUrl> CreateAsync();

    public async ValueTask InitializeAsync()
    {
        _url = await CreateAsync();
        (_accounts, _tokens) = await ReplicaAsync();
    }

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var one in Enumerable.Reverse(_open))
        {
            await one.DisposeAsync();
        }

        await _mail.DisposeAsync();
        _clock.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task<(HumanAccounts Accounts, HumanTokens Tokens)> ReplicaAsync(Action<HumanAccountOptions>? configure = null)
    {
        var store = await Store.OpenAsync(_url, _clock);
        var random = new SeededRandom(_seed++);
        var options = new HumanAccountOptions { Mailer = new SmtpMailer(LoginWorld.SmtpTo(_mail.Port), _clock, random) };
        configure?.Invoke(options);
        var accounts = new HumanAccounts(store, _clock, random, options);
        await accounts.MigrateAsync();
        _open.AddRange([store, accounts]);
        return (accounts, new(store, _clock, random, options));
    }

    private static byte[] Device(byte number) => [.. Enumerable.Repeat(number, 32)];

    private static string Code(HumanResult result) => result switch
    {
        HumanResult.SignedIn => "signed in",
        HumanResult.CodeSent => "sent",
        HumanResult.Refused refused => refused.Reason.Code,
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private async Task<string> BeginAsync(string email = Ann, HumanAccounts? accounts = null)
    {
        var begun = (await (accounts ?? _accounts).BeginAsync(email, Device(1), Here)).ShouldBeOfType<HumanResult.CodeSent>();
        await (accounts ?? _accounts).DrainAsync();
        return begun.Attempt;
    }

    private async Task<HumanUser> RegisterAsync(string email = Ann)
    {
        var attempt = await BeginAsync(email);
        return (await _accounts.CompleteAsync(attempt, Device(1), _mail.LastFor(email).Code, Password, Here)).ShouldBeOfType<HumanResult.SignedIn>().User;
    }

    [Fact]
    public async Task SignIn_F1_a_mailed_code_and_a_password_make_a_verified_account_and_the_same_way_leads_back_into_it()
    {
        var user = await RegisterAsync();
        (user.Name, user.IsVerified).ShouldBe((Ann, true));
        Code(await _accounts.LogInAsync("ANN@example.org", Password, Here)).ShouldBe("signed in");
        Code(await _accounts.LogInAsync(Ann, Password + " ", Here)).ShouldBe("password_wrong");

        var (other, _) = await ReplicaAsync();
        var attempt = await BeginAsync(accounts: other);
        var again = (await other.CompleteAsync(attempt, Device(1), _mail.LastFor(Ann).Code, "another password", Here)).ShouldBeOfType<HumanResult.SignedIn>().User;
        again.Id.ShouldBe(user.Id);
        again.Stamp.ShouldNotBe(user.Stamp); // whoever was signed in by the old password is not any more
        Code(await _accounts.LogInAsync(Ann, Password, Here)).ShouldBe("password_wrong");
        Code(await _accounts.LogInAsync(Ann, "another password", Here)).ShouldBe("signed in");
    }

    [Fact]
    public async Task Threat_a_code_counts_once_in_the_browser_that_asked_for_it_and_for_five_tries()
    {
        var attempt = await BeginAsync();
        var code = _mail.LastFor(Ann).Code;
        Code(await _accounts.CompleteAsync(attempt, Device(2), code, Password, Here)).ShouldBe("code_unknown");
        Code(await _accounts.CompleteAsync(attempt, Device(1), code, "short", Here)).ShouldBe("password_weak");
        for (var i = 0; i < 4; i++)
        {
            Code(await _accounts.CompleteAsync(attempt, Device(1), "x", Password, Here)).ShouldBe("code_wrong");
        }

        Code(await _accounts.CompleteAsync(attempt, Device(1), code, Password, Here)).ShouldBe("signed in");
        Code(await _accounts.CompleteAsync(attempt, Device(1), code, Password, Here)).ShouldBe("code_used");

        attempt = await BeginAsync();
        for (var i = 0; i < 5; i++)
        {
            await _accounts.CompleteAsync(attempt, Device(1), "x", Password, Here);
        }

        Code(await _accounts.CompleteAsync(attempt, Device(1), _mail.LastFor(Ann).Code, Password, Here)).ShouldBe("code_dead");
        attempt = await BeginAsync();
        _clock.Advance(TimeSpan.FromMinutes(10));
        Code(await _accounts.CompleteAsync(attempt, Device(1), _mail.LastFor(Ann).Code, Password, Here)).ShouldBe("code_expired");
    }

    [Fact]
    public async Task Threat_user_enumeration_neither_code_nor_password_says_who_has_an_account()
    {
        await RegisterAsync();
        var (closed, _) = await ReplicaAsync(options => options.AllowNewAccounts = false);
        var mails = _mail.Mails.Count;
        await BeginAsync(Ann, closed);
        await BeginAsync("nobody@example.org", closed);
        _mail.Mails.Count.ShouldBe(mails + 1);
        Code(await _accounts.LogInAsync(Ann, "wrong password", Here)).ShouldBe("password_wrong");
        Code(await _accounts.LogInAsync("nobody@example.org", "wrong password", Here)).ShouldBe("password_wrong");
        Code(await _accounts.LogInAsync("no address", "wrong password", Here)).ShouldBe("password_wrong");
        Code(await _accounts.BeginAsync("no address", Device(1), Here)).ShouldBe("email_invalid");
    }

    [Fact]
    public async Task Threat_password_guessing_is_counted_before_it_is_judged_and_locks_the_guesser_alone()
    {
        await RegisterAsync();
        var (quick, _) = await ReplicaAsync(options => options.WrongPasswords = new AttemptLimit(3, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(15)));
        var guesses = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => quick.LogInAsync(Ann, $"guess number {i}", Here)));
        guesses.Select(Code).Count(code => code == "password_wrong").ShouldBe(3);
        guesses.Select(Code).Count(code => code == "login_limited").ShouldBe(3);
        Code(await quick.LogInAsync(Ann, Password, Here)).ShouldBe("login_limited");
        Code(await quick.LogInAsync(Ann, Password, "10.0.0.2")).ShouldBe("signed in");
        _clock.Advance(TimeSpan.FromMinutes(15));
        Code(await quick.LogInAsync(Ann, Password, Here)).ShouldBe("signed in");
    }

    [Fact]
    public async Task Threat_guessing_from_everywhere_shuts_passwords_for_a_while_and_leaves_the_code_open()
    {
        await RegisterAsync();
        var (quick, _) = await ReplicaAsync(options => options.WrongPasswordsAnywhere = new AttemptLimit(4, TimeSpan.FromHours(1), TimeSpan.FromHours(1)));
        for (var i = 0; i < 4; i++)
        {
            Code(await quick.LogInAsync(Ann, "a wrong guess", $"10.0.1.{i}")).ShouldBe("password_wrong");
        }

        Code(await quick.LogInAsync(Ann, Password, Here)).ShouldBe("login_limited");
        (await RegisterAsync()).Name.ShouldBe(Ann);
    }

    [Fact]
    public async Task A_providers_person_is_known_by_provider_and_subject_and_verified_as_it_says()
    {
        var own = await RegisterAsync();
        var first = await _accounts.SignInExternalAsync("oidc", "subject-1", Ann, isVerified: false);
        first.Id.ShouldNotBe(own.Id); // the same e-mail is no proof of being the same person
        first.IsVerified.ShouldBeFalse();
        var later = await _accounts.SignInExternalAsync("oidc", "subject-1", "Ann", isVerified: true);
        (later.Id, later.Name, later.IsVerified, later.Stamp).ShouldBe((first.Id, "Ann", true, first.Stamp));
        (await _accounts.SignInExternalAsync("other", "subject-1", "Ann", isVerified: true)).Id.ShouldNotBe(first.Id);
        (await _accounts.FindAsync(first.Id)).ShouldBe(later);
        await _accounts.SignOutEverywhereAsync(first.Id);
        (await _accounts.FindAsync(first.Id))!.Stamp.ShouldNotBe(first.Stamp);
    }

    [Fact]
    public async Task Without_mail_there_are_no_accounts_but_those_that_the_operator_vouches_for()
    {
        var (none, _) = await ReplicaAsync(options => options.Mailer = null);
        Code(await none.BeginAsync(Ann, Device(1), Here)).ShouldBe("no_accounts");
        Code(await none.CompleteAsync("a_1", Device(1), "12345678", Password, Here)).ShouldBe("no_accounts");
        (await none.VouchAsync(Ann, Password)).IsVerified.ShouldBeTrue();
        Code(await none.LogInAsync(Ann, Password, Here)).ShouldBe("signed in");
        await Should.ThrowAsync<ArgumentException>(() => none.VouchAsync("no address", Password));
    }

    [Fact]
    public async Task SignIn_F2_a_persons_token_is_opaque_stored_as_a_hash_and_ends_by_time_or_by_hand()
    {
        var user = await RegisterAsync();
        var made = (await _tokens.CreateAsync(user.Id, "ci")).ShouldBeOfType<HumanTokenResult.Made>();
        made.Token.ShouldMatch("^pht_[A-Za-z0-9_-]{43}$");
        made.ToString().ShouldNotContain(made.Token[4..]);
        var (_, other) = await ReplicaAsync();
        (await other.FindAsync(made.Token)).ShouldBe(user);
        foreach (var wrong in new[] { null, "", "pht_", made.Token[..^1], made.Token + "A", "pva_" + made.Token[4..], "pht_" + new string('A', 43) })
        {
            (await other.FindAsync(wrong)).ShouldBeNull();
        }

        var listed = (await _tokens.ListAsync(user.Id)).ShouldHaveSingleItem();
        listed.ShouldBe(made.Info);
        (await _tokens.RevokeAsync("hum_other", listed.Id)).ShouldBeFalse();
        (await _tokens.RevokeAsync(user.Id, listed.Id)).ShouldBeTrue();
        (await other.FindAsync(made.Token)).ShouldBeNull();

        var second = (HumanTokenResult.Made)await _tokens.CreateAsync(user.Id, "ci");
        _clock.Advance(TimeSpan.FromDays(90));
        (await other.FindAsync(second.Token)).ShouldBeNull();
    }

    [Fact]
    public async Task A_person_has_so_many_tokens_also_when_he_asks_for_them_at_once()
    {
        var (_, few) = await ReplicaAsync(options => options.TokensPerUser = 2);
        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => few.CreateAsync("hum_1", $"t{i}")));
        made.OfType<HumanTokenResult.Made>().Count().ShouldBe(2);
        made.OfType<HumanTokenResult.Refused>().ShouldAllBe(refused => refused.Reason.Code == "too_many_tokens");
    }
}

public sealed class HumansOnSqliteTests : HumanContract
{
    private readonly string _folder = Directory.CreateTempSubdirectory("purser-humans-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<StoreUrl> CreateAsync() => Task.FromResult(StoreUrl.ForFile(Path.Combine(_folder, "humans.db")));
}

public sealed class HumansOnPostgresTests : HumanContract
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

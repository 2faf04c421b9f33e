using Purser.Ethereum;
using Purser.Sandbox.Chain;
using Purser.Services.Mail;
using Purser.Services.Tests.Payments;
using Purser.Services.Vault.Sessions;
using Purser.Storage;
using Purser.Testing.Mail;
using Purser.Wallet.Vault;

namespace Purser.Services.Tests.Vault.Sessions;

/// <summary>A vault's logins on a store of their own, with a mail server and a clock of the test's; replicas share the store.</summary>
internal sealed class LoginWorld : IAsyncDisposable
{
    private readonly List<Store> _stores = [];
    private readonly StoreUrl _url;
    private ulong _seed;

    private LoginWorld(StoreUrl url, ulong seed)
    {
        _url = url;
        _seed = seed;
    }

    public SandboxClock Clock { get; } = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));

    public SmtpServer Mail { get; } = new();

    /// <summary>One replica; further ones come from <see cref="ReplicaAsync"/>.</summary>
    public Replica Vault { get; private set; } = null!;

    public static async Task<LoginWorld> StartAsync(StoreUrl url, SessionOptions? options = null, ulong seed = 1)
    {
        var world = new LoginWorld(url, seed);
        world.Vault = await world.ReplicaAsync(options);
        return world;
    }

    /// <summary>Another process on the same store.</summary>
    public async Task<Replica> ReplicaAsync(SessionOptions? options = null, ICodeMailer? mailer = null)
    {
        var store = await Store.OpenAsync(_url, Clock);
        _stores.Add(store);
        var random = new SeededRandom(_seed++);
        var sessions = new StoreSessions(store, Clock, random, options ?? new SessionOptions());
        await sessions.MigrateAsync();
        mailer ??= new SmtpMailer(SmtpTo(Mail.Port), Clock, random);
        return new(store, sessions, new ApiKeys(store, sessions, Clock, random), new EmailLogin(store, sessions, mailer, Clock, random), random);
    }

    public static SmtpOptions SmtpTo(int port)
    {
        EmailAddress.TryParse("vault@purser.test", out var from).ShouldBeTrue();
        return new() { Host = "127.0.0.1", Port = port, Security = SmtpSecurity.None, From = from! };
    }

    public async ValueTask DisposeAsync()
    {
        await Mail.DisposeAsync();
        foreach (var store in _stores)
        {
            await store.DisposeAsync();
        }

        Clock.Dispose();
    }
}

/// <summary>One vault process's logins.</summary>
internal sealed record Replica(Store Store, StoreSessions Sessions, ApiKeys Keys, EmailLogin Emails, IRandom Random)
{
    /// <summary>A device's secret, as the command line makes one.</summary>
    public string NewDevice() => SecretToken.Create(SecretKind.Device, Random).Reveal();

    /// <summary>The name of a refresh.</summary>
    public string NewRotation() => SecretToken.Create(SecretKind.Rotation, Random).Reveal();

    /// <summary>Asks for a code, which has to be sent.</summary>
    public async Task<string> BeginAsync(string email, string device, string caller = "127.0.0.1")
    {
        var attempt = (await Emails.BeginAsync(email, device, caller)).ShouldBeOfType<LoginResult.CodeSent>().Attempt;
        await Emails.DrainAsync();
        return attempt;
    }

    /// <summary>Logs in by the code of the mail.</summary>
    public async Task<SessionGrant> LogInAsync(LoginWorld world, string email, string device)
    {
        var attempt = await BeginAsync(email, device);
        return Granted(await Emails.VerifyAsync(attempt, device, world.Mail.LastFor(email).Code, "127.0.0.1"));
    }

    public static SessionGrant Granted(LoginResult result) => result.ShouldBeOfType<LoginResult.Granted>(result.ToString()).Grant;

    public static string Code(LoginResult result) => result.ShouldBeOfType<LoginResult.Refused>().Reason.Code;

    public async Task<string> LookAsync(string token) => await Sessions.FindAsync(token) switch
    {
        SessionLookup.Found found => found.UserName,
        SessionLookup.Refused refused => refused.Reason.Code,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

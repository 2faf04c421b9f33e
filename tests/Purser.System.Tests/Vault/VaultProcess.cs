using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Purser.Cli.Commands;
using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Sandbox.Chain;
using Purser.Sandbox.Rpc;
using Purser.Services.Vault.Sessions;
using Purser.Storage;
using Purser.SystemTests.Processes;
using Purser.Wallet.Vault;

namespace Purser.SystemTests.Vault;

/// <summary>
/// <c>purser vault</c> on a Unix socket, with a chain of this process that it asks, and an agent that is logged in by an API key. New users begin with the policy
/// <c>demo</c>: 1.00 a payment, 10.00 a day.
/// </summary>
internal sealed class VaultProcess : IAsyncDisposable
{
    /// <summary>The user of the vault, the user of the agent, and the one group that both are in: numbers that name nobody.</summary>
    public const string VaultUser = "61001", AgentUser = "61002", SharedGroup = "61003";

    public static readonly ChainId Network = new(31337);

    private readonly TemporaryFolder _folder = new();
    private readonly bool _asOtherUser;
    private readonly SandboxClock _clock = SandboxClock.Follow(TimeProvider.System);
    private readonly List<IDisposable> _clients = [];
    private SandboxChain? _chain;
    private SandboxNode? _node;
    private PurserProcess? _process;
    private string _apiKey = "";

    private VaultProcess(bool asOtherUser) => _asOtherUser = asOtherUser;

    public string Data => _folder.File("vault");

    public string Socket => Path.Combine(_folder.Path, "run", "vault.sock");

    public string Address => $"unix:{Socket}";

    /// <summary>The vault's process.</summary>
    public PurserProcess Process => _process!;

    public static AssetId Dollar { get; } = new(Network, Sandboxes.TestUsd);

    public static string[] SetPriv(string user) => ["setpriv", "--reuid", user, "--regid", user, "--groups", SharedGroup, "--inh-caps=-all", "--no-new-privs"];

    public static async Task<VaultProcess> StartAsync(bool asOtherUser)
    {
        var vault = new VaultProcess(asOtherUser);
        await vault.PrepareAsync();
        await vault.StartAgainAsync();
        return vault;
    }

    /// <summary>Starts it, or starts it again on the same folder and socket.</summary>
    public async Task StartAgainAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        string[] args = ["vault", "--data", Data, "--socket", Socket, "--socket-group", SharedGroup, "--policy", "demo", "--password-file", _folder.File("password")];
        _process = _asOtherUser ? await PurserProcess.StartAsUserAsync(SetPriv(VaultUser), args) : await PurserProcess.StartAsync(args);
    }

    /// <summary>Logs the agent in and gives its bearer token.</summary>
    public async Task<string> LogInAsync()
    {
        using var answer = await Http().PostAsJsonAsync("v1/login/key", new { apiKey = _apiKey, device = SecretToken.Create(SecretKind.Device, new SystemRandom()).Reveal() });
        var body = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(body);
        return JsonDocument.Parse(body).RootElement.GetProperty("accessToken").GetString()!;
    }

    public VaultWallet Wallet(string token) => new(Http(), Parsed(), new OneToken(token), TimeProvider.System);

    public HttpClient Http()
    {
        var http = new HttpClient(Parsed().CreateHandler()) { BaseAddress = Parsed().BaseUrl };
        _clients.Add(http);
        return http;
    }

    /// <summary>Test dollars for an account.</summary>
    public Task FundAsync(Address account) => Sandboxes.MintAsync(_chain!, account, 1_000_000_000, CancellationToken.None);

    public static X402AuthorizationIntent Intent(string id, Address account, ulong amount) => new()
    {
        Id = id.PadRight(16, '_'),
        Account = account,
        Asset = Dollar,
        PayTo = DevelopmentAccounts.Addresses[1],
        Amount = amount,
        MaxTimeoutSeconds = 300,
        Origin = "http://127.0.0.1:4020",
        Method = "GET",
        Url = "http://127.0.0.1:4020/paid?" + id,
        BodyHash = new Hash32(System.Security.Cryptography.SHA256.HashData([])),
    };

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _clients.ForEach(client => client.Dispose());
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        _chain?.Dispose();
        _clock.Dispose();
        _folder.Dispose();
    }

    private VaultAddress Parsed() => VaultAddress.TryParse(Address, out var address) ? address : throw new InvalidOperationException(Address);

    private async Task PrepareAsync()
    {
        const UnixFileMode all = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        _chain = SandboxChain.Open(Sandboxes.Options(Network, null, null), _clock);
        await Sandboxes.DeployAsync(_chain, grant: true, CancellationToken.None);
        _node = await SandboxCommand.StartNodeAsync(_chain, 0, CancellationToken.None);

        // Others may pass through the folder, as they may through /var/lib; what lies in the vault's own is its user's.
        Directory.CreateDirectory(Data, all);
        Directory.CreateDirectory(Path.GetDirectoryName(Socket)!);
        await File.WriteAllTextAsync(_folder.File("password"), "correct horse\n");
        File.SetUnixFileMode(_folder.File("password"), UnixFileMode.UserRead);
        File.SetUnixFileMode(_folder.Path, all | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(Path.GetDirectoryName(Socket)!, all | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        NetworkFile.Remember(Data, new(Network, _node.Url), Sandboxes.Token(Network));
        await using (var store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(Data, "vault.db")), TimeProvider.System))
        {
            var sessions = new StoreSessions(store, TimeProvider.System, new SystemRandom(), new SessionOptions());
            await sessions.MigrateAsync();
            _apiKey = (await new ApiKeys(store, sessions, TimeProvider.System, new SystemRandom()).CreateAsync("agent", null)).ShouldBeOfType<ApiKeyResult.Made>().Secret;
        }

        if (_asOtherUser)
        {
            await RunAsync("chown", "-R", $"{VaultUser}:{VaultUser}", Data, Path.GetDirectoryName(Socket)!, _folder.File("password"));
        }
    }

    private static async Task RunAsync(string program, params string[] args)
    {
        using var process = System.Diagnostics.Process.Start(new ProcessStartInfo(program, args))!;
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, program);
    }

    private sealed class OneToken(string token) : IVaultTokens
    {
        public Task<string> GetAsync(string? refused, CancellationToken cancellationToken = default) => refused is null
            ? Task.FromResult(token)
            : throw new VaultException(new("session_expired", "the session has ended", "log in again", Purser.Wallet.WalletRefusalKind.Locked));
    }
}

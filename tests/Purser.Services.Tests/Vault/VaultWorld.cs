using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Intents;
using Purser.Services.Vault;
using Purser.Storage;
using Purser.Wallet.Policy;
using Purser.Wallet.Vault;

namespace Purser.Services.Tests.Vault;

/// <summary>A vault that really listens, on a port or a socket, with two users whose tokens are known, and its clients.</summary>
internal sealed class VaultWorld : IVaultSessions, IAsyncDisposable
{
    public const string Password = "correct horse";
    public static readonly ChainId Chain = new(84532);

    private readonly string _folder;
    private readonly bool _owner;
    private WebApplication? _host;
    private Store? _store;
    private readonly List<IDisposable> _clients = [];

    private VaultWorld(string folder, bool owner) => (_folder, _owner) = (folder, owner);

    public static AssetId Token { get; } = new(Chain, Ethereum.Address.Parse("0x5fbdb2315678afecb367f032d93f642f64180aa3"));

    public static AssetRegistry Registry { get; } = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(Token));

    public VaultAddress Address { get; private set; } = null!;

    public VaultUsers Users => _host!.Services.GetRequiredService<VaultUsers>();

    public string Folder => _folder;

    /// <summary>The tokens that are good, each with its user's id.</summary>
    public Dictionary<string, string> Tokens { get; } = new() { ["token-of-ann"] = "ann", ["token-of-bob"] = "bob" };

    /// <summary>A token that is good again after one refresh.</summary>
    public string? Renewed { get; set; }

    /// <summary>A vault whose new users may pay so many units at once and so many a day.</summary>
    public static async Task<VaultWorld> StartAsync(ulong perPayment = 1, ulong perDay = 10, bool socket = false, Func<VaultOptions, VaultOptions>? change = null, string? folder = null)
    {
        var world = new VaultWorld(folder ?? Directory.CreateTempSubdirectory("purser-vault-").FullName, folder is null);
        world._store = await Store.OpenAsync(StoreUrl.ForFile(Path.Combine(world._folder, "vault.db")), TimeProvider.System);
        var options = new VaultOptions
        {
            DataFolder = world._folder,
            Store = world._store,
            UnlockPassword = Password.AsMemory(),
            Registry = Registry,
            Chains = new Dictionary<ChainId, IChain>(),
            Time = TimeProvider.System,
            Random = new SystemRandom(),
            FirstPolicy = _ => new SpendingPolicy { Assets = [new(Token, new Caps(PerPayment: perPayment, PerDay: perDay))] },
            Cost = ScryptCost.Light,
            AllowOffline = true,
        };
        options = change?.Invoke(options) ?? options;
        var path = Path.Combine(world._folder, "vault.sock");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            if (socket)
            {
                kestrel.ListenUnixSocket(path);
            }
            else
            {
                kestrel.Listen(System.Net.IPAddress.Loopback, 0);
            }
        });
        builder.Services.AddSingleton<IVaultSessions>(world);
        builder.Services.AddVault(options);
        world._host = builder.Build();
        world._host.UseVaultDoor();
        world._host.MapVault();
        await world._host.StartAsync();
        var listens = socket ? $"unix:{path}" : world._host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        VaultAddress.TryParse(listens, out var address).ShouldBeTrue(listens);
        world.Address = address;
        return world;
    }

    /// <summary>A client of the user of this token.</summary>
    public VaultWallet Client(string token = "token-of-ann") => new(Http(), Address, new FixedTokens(this, token), TimeProvider.System);

    /// <summary>A plain client, for what a program of ours would not send.</summary>
    public HttpClient Http()
    {
        var http = new HttpClient(Address.CreateHandler()) { BaseAddress = Address.BaseUrl };
        _clients.Add(http);
        return http;
    }

    /// <summary>The user's own account.</summary>
    public static async Task<Address> AccountAsync(VaultWallet wallet) => (await wallet.ListAccountsAsync()).ShouldHaveSingleItem().Address;

    public static X402AuthorizationIntent Intent(string id, Address account, ulong amount = 1) => new()
    {
        Id = id.PadRight(16, '_'),
        Account = account,
        Asset = Token,
        PayTo = Ethereum.Address.Parse("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"),
        Amount = amount,
        MaxTimeoutSeconds = 300,
        Origin = "http://127.0.0.1:4020",
        Method = "GET",
        Url = "http://127.0.0.1:4020/paid?" + id,
        BodyHash = new Hash32(System.Security.Cryptography.SHA256.HashData([])),
    };

    public Task<SessionCheck> CheckAsync(string bearerToken, CancellationToken cancellationToken = default) =>
        Task.FromResult<SessionCheck>(Tokens.TryGetValue(bearerToken, out var user)
            ? new SessionCheck.Valid(new VaultUser(user))
            : new SessionCheck.Refused(new(401, "session_unknown", "There is no such session", "run `purser wallet login`")));

    /// <summary>Stops listening, with requests brought to their end.</summary>
    public async Task StopAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            await _host.DisposeAsync();
            await _store!.DisposeAsync();
            _host = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _clients.ForEach(client => client.Dispose());
        if (_owner)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private sealed class FixedTokens(VaultWorld world, string token) : IVaultTokens
    {
        public Task<string> GetAsync(string? refused, CancellationToken cancellationToken = default) => refused is null
            ? Task.FromResult(token)
            : world.Renewed is { } renewed ? Task.FromResult(renewed) : throw new VaultException(new("session_expired", "the session has ended", "run `purser wallet login`", Wallet.WalletRefusalKind.Locked));
    }
}

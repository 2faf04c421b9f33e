using System.Text.Json;
using System.Text.Json.Nodes;
using Purser.Cli.Commands;
using Purser.Cli.Composition;
using Purser.Cli.Output;
using Purser.Ethereum;
using Purser.SystemTests.Payments;
using Purser.SystemTests.Processes;
using Purser.Testing.Mail;
using Purser.Wallet.Vault;

namespace Purser.SystemTests.Vault;

/// <summary>A vault as a process of its own on the tests' chain, with a mail server of the test's, and data folders of agents that log in there.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class VaultWorld : IAsyncDisposable
{
    private readonly PaymentWorld _world;
    private readonly TemporaryFolder _folder = new();
    private readonly string _data;
    private readonly string[] _listen;
    private PurserProcess? _vault;
    private int _agents;

    private VaultWorld(PaymentWorld world, bool socket)
    {
        _world = world;
        _data = Private(_folder.File("vault"));
        File.WriteAllText(_folder.File("password"), "the vault's own\n");
        File.Copy(Path.Combine(world.NewDataFolder($"vault-{Guid.CreateVersion7():n}"), "networks.json"), Path.Combine(_data, "networks.json"));
        _listen = socket ? ["--socket", _folder.File("v.sock")] : ["--port", "0"];
    }

    /// <summary>The mail server of the vault.</summary>
    public SmtpServer Mail { get; } = new();

    /// <summary>Everything that commands and the vault printed, for the search for secrets.</summary>
    public List<string> Printed { get; } = [];

    /// <summary>Where the vault listens.</summary>
    public string Address => _vault!.Ready.GetProperty("vault").GetString()!;

    /// <summary>The vault's data folder.</summary>
    public string Data => _data;

    public static async Task<VaultWorld> StartAsync(PaymentWorld world, bool socket = false)
    {
        var vault = new VaultWorld(world, socket);
        await vault.StartVaultAsync();
        return vault;
    }

    /// <summary>Starts the vault, again on the same folder.</summary>
    public async Task StartVaultAsync() => _vault = await PurserProcess.StartAsync(["vault", .. _listen, "--policy", "demo", "--data", _data, "--password-file", _folder.File("password"),
        "--smtp-host", "127.0.0.1", "--smtp-port", $"{Mail.Port}", "--smtp-security", "none", "--smtp-from", "vault@purser.test"]);

    /// <summary>Stops the vault.</summary>
    public async Task StopVaultAsync()
    {
        (await _vault!.StopAsync()).ShouldBe(0);
        Printed.Add(_vault.Error);
        await _vault.DisposeAsync();
        _vault = null;
    }

    /// <summary>A data folder of an agent.</summary>
    public string NewAgent() => _world.NewDataFolder($"agent-{Guid.CreateVersion7():n}-{_agents++}");

    /// <summary>Runs a command of an agent.</summary>
    public async Task<PurserAnswer> RunAsync(string agent, params string[] args)
    {
        var answer = await CommandLine.InProcess.RunAsync([.. args, "--data", agent]);
        Printed.Add(answer.Output + answer.Error);
        return answer;
    }

    /// <summary>Runs a command of an agent as a human does who is asked and answers.</summary>
    public async Task<PurserAnswer> AskedAsync(string agent, TextReader replies, params string[] args)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        using var console = new CliOutput(replies, output, error, inputIsTerminal: true, outputIsTerminal: false);
        var exit = await PurserCommand.InvokeAsync([.. args, "--data", agent], console, CancellationToken.None);
        return new(exit, output.ToString(), error.ToString());
    }

    /// <summary>Logs an agent in by the code of the mail, and gives his account.</summary>
    public async Task<Address> LogInAsync(string agent, string email)
    {
        var had = Mail.CountFor(email);
        (await RunAsync(agent, "wallet", "login", email, "--vault", Address)).ExitCode.ShouldBe(0);
        return AccountOf(await RunAsync(agent, "wallet", "verify", (await Mail.WaitForAsync(email, had + 1)).Code));
    }

    /// <summary>The account that a command named.</summary>
    public static Address AccountOf(PurserAnswer answer) => Ethereum.Address.Parse(answer.Data.GetProperty("account").GetProperty("address").GetString()!);

    /// <summary>Seed 001's command.</summary>
    public static string[] Pay(Address payTo) =>
        ["payment", "x402-pay", "--network", PaymentWorld.Network, "--amount", PaymentWorld.Price.ToString(), "--pay-to", payTo.ToString(), "--asset", Sandboxes.TestUsd.ToString()];

    /// <summary>Gives an account test dollars of a development account's, as the sandbox's node signs for those.</summary>
    public async Task FundAsync(Address account)
    {
        var data = $"0xa9059cbb{new string('0', 24)}{account.ToString()[2..].ToLowerInvariant()}{100_000:x64}";
        using var reply = await PaymentWorld.Http.PostAsync(_world.RpcUrl, new StringContent(new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = 1,
            ["method"] = "eth_sendTransaction",
            ["params"] = new JsonArray(new JsonObject { ["from"] = DevelopmentAccounts.Addresses[0].ToString(), ["to"] = Sandboxes.TestUsd.ToString(), ["data"] = data }),
        }.ToJsonString(), System.Text.Encoding.UTF8, "application/json"));
        (await reply.Content.ReadAsStringAsync()).ShouldContain("\"result\"");
        await Eventually.HoldsAsync("the account has test dollars", async () => !(await _world.BalanceAsync(account)).IsZero);
    }

    /// <summary>Has the facilitator settle a proof on the chain, and checks that the money moved.</summary>
    public async Task SettleAsync(JsonElement proof, Address payTo)
    {
        var token = Protocol.Assets.TokenInfo.TestUsd(PaymentWorld.Token);
        var terms = new JsonObject
        {
            ["scheme"] = "exact", ["network"] = PaymentWorld.Network, ["amount"] = PaymentWorld.Price.ToString(), ["asset"] = Sandboxes.TestUsd.ToString(), ["payTo"] = payTo.ToString(),
            ["maxTimeoutSeconds"] = 300, ["extra"] = new JsonObject { ["name"] = token.DomainName, ["version"] = token.DomainVersion },
        };
        var request = new JsonObject
        {
            ["x402Version"] = 2,
            ["paymentPayload"] = new JsonObject { ["x402Version"] = 2, ["accepted"] = terms.DeepClone(), ["payload"] = JsonNode.Parse(proof.GetRawText()) },
            ["paymentRequirements"] = terms,
        };
        using var reply = await PaymentWorld.Http.PostAsync(new Uri(_world.FacilitatorUrl, "settle"), new StringContent(request.ToJsonString(), System.Text.Encoding.UTF8, "application/json"));
        var answer = JsonDocument.Parse(await reply.Content.ReadAsStringAsync()).RootElement;
        answer.GetProperty("success").GetBoolean().ShouldBeTrue(answer.GetRawText());
        (await _world.PaymentsToAsync(payTo)).ShouldBe(UInt256.One);
    }

    /// <summary>Makes the agent's access token look expired, as it is after a quarter of an hour.</summary>
    public static void Expire(string agent)
    {
        var path = SessionPath(agent);
        var file = JsonNode.Parse(File.ReadAllText(path))!;
        file["accessExpiresAtMs"] = 1;
        File.WriteAllText(path, file.ToJsonString());
    }

    /// <summary>Where the agent's session lies.</summary>
    public static string SessionPath(string agent) => Path.Combine(agent, VaultSessionFile.SessionName);

    public async ValueTask DisposeAsync()
    {
        if (_vault is not null)
        {
            await _vault.DisposeAsync();
        }

        await Mail.DisposeAsync();
        _folder.Dispose();
    }

    private static string Private(string path) => Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
}

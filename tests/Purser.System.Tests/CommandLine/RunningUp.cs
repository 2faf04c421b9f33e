using Purser.Cli.Composition;
using Purser.Ethereum;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.CommandLine;

/// <summary><c>purser up</c> on a data folder, with an account in it that was imported from a development key and holds test dollars.</summary>
public sealed class RunningUp : IAsyncLifetime
{
    /// <summary>Which development account pays.</summary>
    public const int Payer = 3;

    private readonly TemporaryFolder _folder = new();
    private PurserProcess? _up;

    /// <summary>The data folder of <c>up</c> and of the commands.</summary>
    public string Data => _folder.File("data");

    /// <summary>A file with the password.</summary>
    public string PasswordFile => _folder.File("password");

    /// <summary>The shop, facilitator and chain.</summary>
    public string Shop => Url("shop");

    /// <summary>Everything that a command printed, for the search for secrets.</summary>
    public List<string> Printed { get; } = [];

    /// <summary>What <c>up</c> printed once it was ready.</summary>
    public string Url(string service) => _up!.Ready.GetProperty("urls").GetProperty(service).GetString()!;

    public async ValueTask InitializeAsync()
    {
        _up = await StartAsync();
        await File.WriteAllTextAsync(PasswordFile, "correct horse\n");
        using var key = DevelopmentAccounts.Key(Payer);
        var bytes = new byte[PrivateKey.Size];
        key.ExportBytes(bytes);
        var imported = await RunWithInputAsync(Convert.ToHexStringLower(bytes) + "\n", "wallet", "import", "payer", "--policy", "demo", "--password-file", PasswordFile);
        imported.ExitCode.ShouldBe(0, imported.Output);
        imported.Data.GetProperty("address").GetString().ShouldBe(key.Address.ToString());
    }

    /// <summary>Runs a command on the data folder.</summary>
    public Task<PurserAnswer> RunAsync(params string[] args) => RunWithInputAsync("", args);

    private async Task<PurserAnswer> RunWithInputAsync(string input, params string[] args)
    {
        var answer = await InProcess.RunAsync(input, [.. args, "--data", Data]);
        Printed.Add(answer.Output + answer.Error);
        return answer;
    }

    /// <summary>Calls the chain's node, which answers with a result.</summary>
    public async Task<System.Text.Json.JsonElement> RpcAsync(string method, params System.Text.Json.Nodes.JsonNode?[] parameters)
    {
        var call = new System.Text.Json.Nodes.JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = method, ["params"] = new System.Text.Json.Nodes.JsonArray(parameters) };
        using var body = new StringContent(call.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var reply = await Payments.PaymentWorld.Http.PostAsync(new Uri(Url("chain")), body);
        return System.Text.Json.JsonElement.Parse(await reply.Content.ReadAsStringAsync()).GetProperty("result");
    }

    /// <summary>SIGTERM, its exit code, and <c>up</c> again on the same folder.</summary>
    /// <param name="between">What is done while nothing of it runs.</param>
    public async Task<int> RestartAsync(Action? between = null)
    {
        var exit = await _up!.StopAsync();
        between?.Invoke();
        await _up.DisposeAsync();
        _up = await StartAsync();
        return exit;
    }

    public async ValueTask DisposeAsync()
    {
        if (_up is not null)
        {
            await _up.DisposeAsync();
        }
        _folder.Dispose();
    }

    private Task<PurserProcess> StartAsync() => PurserProcess.StartAsync("up", "--port-base", "0", "--chain-port", "0", "--data", Data);
}

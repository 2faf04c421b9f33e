using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Purser.Ethereum;
using Purser.Services.SignIn;
using Purser.Services.Tests.SignIn;
using Purser.Storage;
using Purser.SystemTests.CommandLine;
using Purser.SystemTests.Processes;

namespace Purser.SystemTests.SignIn;

/// <summary><c>purser signin login · status · extend · logout · import</c> against a real operator on loopback, with a real wallet and its policy.</summary>
public sealed class SignInCommandTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly StandInLinks _links = new(TimeProvider.System);
    private readonly PrivateKey _other = PrivateKey.FromBytes(Convert.FromHexString("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"));
    private WebApplication _operator = null!;
    private Store _store = null!;
    private string _url = "";
    private Address _account;

    public async ValueTask InitializeAsync()
    {
        _store = await Store.OpenAsync(StoreUrl.ForFile(_folder.File("operator.db")), TimeProvider.System);
        var port = FreePort();
        _url = $"http://127.0.0.1:{port}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(_store);
        builder.Services.AddSingleton<IAgentLinks>(_links);
        builder.Services.AddAgentSignIn(options =>
        {
            options.Origins.Add(new(_url));
            (options.Challenges, options.Verifications, options.SessionCalls) = (null, null, null);
        });
        builder.Services.AddAuthentication().AddAgentBearer();
        _operator = builder.Build();
        _operator.MapAgentSignIn("/api/auth");
        await _operator.StartAsync();

        await File.WriteAllTextAsync(_folder.File("password"), "correct horse\n");
        var made = await RunAsync("wallet", "new", "--policy", "demo", "--password-file", _folder.File("password"));
        made.ExitCode.ShouldBe(0, made.Output);
        _account = Address.Parse((await RunAsync("wallet", "status")).Data.GetProperty("account").GetProperty("address").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        await _operator.DisposeAsync();
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task SignIn_H1_login_status_extend_and_logout()
    {
        var unlinked = await LoginAsync();
        (unlinked.ExitCode, unlinked.ErrorCode).ShouldBe((1, "account_not_linked"), unlinked.Output);
        (await RunAsync("signin", "status", _url)).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(5), a => a.ErrorCode.ShouldBe("signin_needed"));
        _links.Add(_account);

        var first = await LoginAsync();
        first.ExitCode.ShouldBe(0, first.Output);
        first.Data.GetProperty("state").GetString().ShouldBe("signedIn");
        first.Output.ShouldNotContain("pas_");
        var second = await LoginAsync();
        second.Data.GetProperty("state").GetString().ShouldBe("resumed");
        second.Data.GetProperty("sessionId").GetString().ShouldBe(first.Data.GetProperty("sessionId").GetString());
        (await LoginAsync("--fresh")).Data.GetProperty("sessionId").GetString().ShouldNotBe(first.Data.GetProperty("sessionId").GetString());

        var all = await RunAsync("signin", "status");
        all.Data.GetProperty("sessions").GetArrayLength().ShouldBe(1);
        all.Output.ShouldNotContain("pas_");
        (await RunAsync("signin", "status", _url)).Data.GetProperty("state").GetString().ShouldBe("live");
        (await RunAsync("signin", "status", _url, "--show-token")).Data.GetProperty("token").GetString()!.ShouldStartWith("pas_");
        (await RunAsync("signin", "extend", _url)).Data.GetProperty("state").GetString().ShouldBe("extended");
        (await RunAsync("signin", "logout", _url)).Data.GetProperty("serverTold").GetBoolean().ShouldBeTrue();
        (await RunAsync("signin", "status", _url)).ExitCode.ShouldBe(5);
        (await RunAsync("signin", "logout", _url)).ExitCode.ShouldBe(5);
    }

    [Fact]
    public async Task SignIn_B3_another_signer_signs_a_printed_challenge_and_its_signature_comes_by_standard_input()
    {
        _links.Add(_other.Address);
        var printed = await RunAsync("signin", "login", _url, "--print-challenge", "--address", _other.Address.ToString());
        printed.ExitCode.ShouldBe(0, printed.Output);
        var (message, nonce) = (printed.Data.GetProperty("message").GetString()!, printed.Data.GetProperty("nonce").GetString()!);
        var signature = _other.Sign(Eip191.HashPersonalMessage(message)).ToString();
        string[] complete = ["signin", "login", _url, "--address", _other.Address.ToString(), "--nonce", nonce, "--signature"];
        (await RunAsync([.. complete, signature])).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(2), a => a.ErrorCode.ShouldBe("signature_flag"));
        (await RunWithAsync("nonsense\n", [.. complete, "-"])).ExitCode.ShouldBe(2);
        var signedIn = await RunWithAsync(signature + "\n", [.. complete, "-"]);
        signedIn.ExitCode.ShouldBe(0, signedIn.Output);
        (await RunWithAsync(signature + "\n", [.. complete, "-"])).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(5), a => a.ErrorCode.ShouldBe("auth_invalid"));

        var token = (await RunAsync("signin", "status", _url, "--show-token")).Data.GetProperty("token").GetString()!;
        var elsewhere = _folder.File("elsewhere");
        var imported = await InProcess.RunAsync(token + "\n", ["signin", "import", _url, "--address", _other.Address.ToString(), "--data", elsewhere]);
        imported.ExitCode.ShouldBe(0, imported.Output);
        imported.Output.ShouldNotContain(token);
        (await InProcess.RunAsync("signin", "status", _url, "--data", elsewhere)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task The_wallets_policy_has_the_last_word()
    {
        _links.Add(_account);
        var cautious = _folder.File("cautious");
        await InProcess.RunAsync("wallet", "new", "--policy", "cautious", "--password-file", _folder.File("password"), "--data", cautious);
        var refused = await InProcess.RunAsync("signin", "login", _url, "--password-file", _folder.File("password"), "--data", cautious);
        refused.ExitCode.ShouldBe(4, refused.Output);
        refused.ErrorCode!.ShouldStartWith("policy_");
    }

    [Fact]
    public async Task Where_nobody_signs_in_is_said_before_anything_is_asked()
    {
        foreach (var url in (string[])["http://casino.example", "https://user@casino.example", "ftp://casino.example", "nonsense", "https://casino.example/?x=1"])
        {
            (await RunAsync("signin", "login", url)).ShouldSatisfyAllConditions(a => a.ExitCode.ShouldBe(2), a => a.ErrorCode.ShouldBe("url_invalid"));
        }

        (await RunAsync("signin", "login", $"http://127.0.0.1:{FreePort()}", "--password-file", _folder.File("password"))).ExitCode.ShouldBe(7);
    }

    private Task<PurserAnswer> LoginAsync(params string[] more) => RunAsync(["signin", "login", _url, "--password-file", _folder.File("password"), .. more]);

    private Task<PurserAnswer> RunAsync(params string[] args) => InProcess.RunAsync([.. args, "--data", _folder.File("data")]);

    private Task<PurserAnswer> RunWithAsync(string input, string[] args) => InProcess.RunAsync(input, [.. args, "--data", _folder.File("data")]);

    private static int FreePort()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

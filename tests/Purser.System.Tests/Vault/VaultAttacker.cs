using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Wallet.Policy;
using Purser.Wallet.Vault;

namespace Purser.SystemTests.Vault;

/// <summary>
/// The agent that was taken over: a program with the agent's rights and the agent's session, which tries what such a program can try. Each try is a line of its output:
/// <c>held</c> or <c>BREACH</c>, its name, and what happened.
/// </summary>
internal static partial class VaultAttacker
{
    public const string Marker = "--purser-attacker";

    private const int PtraceAttach = 16;
    private const int AccessDenied = 13; // EACCES

    public static async Task<int> RunAsync(string[] arguments)
    {
        var (pid, folder, socket) = (int.Parse(arguments[0], CultureInfo.InvariantCulture), arguments[1], arguments[2]);
        var token = (await Console.In.ReadLineAsync())!;
        var account = Address.Parse((await Console.In.ReadLineAsync())!);
        var files = (await Console.In.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Files(folder, files);
        Process(pid);
        await new OverHttp(socket, token, account).RunAsync();
        return 0;
    }

    private static void Files(string folder, string[] files)
    {
        Try("list the vault's folder", () => Directory.GetFileSystemEntries(folder));
        foreach (var file in files)
        {
            Try($"read {file}", () => File.ReadAllBytes(file));
            Try($"write {file}", () => File.WriteAllText(file, "mine"));
            Try($"take away {file}", () => File.Delete(file));
            Try($"link {file}", () => Link(file, Path.Combine(Path.GetTempPath(), $"stolen-{Environment.ProcessId}")));
        }

        Try("put a policy into the vault's folder", () => File.WriteAllText(Path.Combine(folder, "policy.json"), "{}"));
        Try("move the vault's folder away", () => Directory.Move(folder, folder + ".gone"));
        Try("put another socket in its place", () => File.Delete(Path.Combine(folder, "..", "run", "vault.sock")));
    }

    private static void Process(int pid)
    {
        foreach (var name in new[] { "mem", "environ", "maps", "auxv", "io", "stack", "syscall", "pagemap", "personality" })
        {
            Try($"read /proc/PID/{name}", () =>
            {
                using var file = File.OpenRead($"/proc/{pid}/{name}");
                return file.ReadByte();
            });
        }

        foreach (var name in new[] { "fd", "map_files", "root", "cwd" })
        {
            Try($"list /proc/PID/{name}", () => Directory.GetFileSystemEntries($"/proc/{pid}/{name}"));
        }

        Try("attach with ptrace", () => Zero(PTrace(PtraceAttach, pid, 0, 0)));
        Try("stop it", () => Zero(Kill(pid, 9)));
        foreach (var path in Directory.GetFiles(Path.GetTempPath(), $"dotnet-diagnostic-{pid}-*").Concat(Directory.GetFiles(Path.GetTempPath(), $"clr-debug-pipe-{pid}-*")))
        {
            Try("talk to the runtime's own door", () =>
            {
                using var own = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                own.Connect(new UnixDomainSocketEndPoint(path));
                return 0;
            });
        }
    }

    private static object Zero(nint result) => result == 0 ? 0 : throw new UnauthorizedAccessException($"refused by the system ({Marshal.GetLastPInvokeErrorMessage()})");

    private static void Link(string from, string to) => Zero(HardLink(from, to));

    private static void Try(string name, Action attempt) => Try(name, () =>
    {
        attempt();
        return (object)0;
    });

    // What the system forbids was held; what ended otherwise was a breach, or was not tried as it was meant.
    private static void Try<T>(string name, Func<T> attempt)
    {
        try
        {
            attempt();
            Say("BREACH", name, "it went through");
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException { HResult: AccessDenied } or SocketException { SocketErrorCode: SocketError.AccessDenied }
            || (exception is IOException && exception.Message.EndsWith("is denied.", StringComparison.Ordinal)))
        {
            Say("held", name, exception.Message);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            Say("UNTRIED", name, exception.Message);
        }
    }

    private static void Say(string verdict, string name, string what) => Console.Out.WriteLine($"{verdict}\t{name}\t{what.ReplaceLineEndings(" ")}");

    [LibraryImport("libc", EntryPoint = "ptrace", SetLastError = true)]
    private static partial nint PTrace(nint request, nint pid, nint address, nint data);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int HardLink(string from, string to);

    /// <summary>What the agent's session does not give, asked over the socket that it may use.</summary>
    private sealed class OverHttp(string socket, string token, Address account)
    {
        private readonly HttpClient _http = Client(socket);

        public async Task RunAsync()
        {
            await ExpectAsync("ask without a token", HttpMethod.Get, "v1/accounts", null, null, 401);
            await ExpectAsync("ask with a made-up token", HttpMethod.Get, "v1/accounts", token[..^4] + "AAAA", null, 401);
            await ExpectAsync("ask with another's user id as token", HttpMethod.Get, "v1/accounts", "ann", null, 401);
            await ExpectAsync("pay too much at once", HttpMethod.Post, "v1/authorize", token, IntentJson.Write(VaultProcess.Intent("too-much", account, 1_000_001)), 403);
            await ExpectAsync("pay with a key that is not its own", HttpMethod.Post, "v1/authorize", token, IntentJson.Write(VaultProcess.Intent("other-key", VaultProcess.Dollar.Token, 1)), 423);
            await ExpectAsync("have bytes signed", HttpMethod.Post, "v1/sign", token, "{}"u8.ToArray(), 404);
            await ExpectAsync("approve by itself", HttpMethod.Post, "v1/approvals/anything/approve", token, "{}"u8.ToArray(), 403);
            await ExpectAsync("loosen the policy", HttpMethod.Put, "v1/policy", token, Looser(), 403);
            foreach (var path in new[] { "v1/users/ann/policy", "v1/accounts/export", "v1/approver" })
            {
                await ExpectAsync($"write {path}", HttpMethod.Put, path, token, "{}"u8.ToArray(), 404, 405);
            }

            // More than the day's 10.00, all at once: exactly ten get through, which is the right thing still working.
            var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => SendAsync(HttpMethod.Post, "v1/authorize", token, IntentJson.Write(VaultProcess.Intent($"daily-{i}", account, 1_000_000)))));
            var signed = answers.Count(status => status == 200);
            Say(signed == 10 && answers.All(status => status is 200 or 403) ? "held" : "BREACH", "pay more than the mandate of a day", $"{signed} of {answers.Length} got through");
        }

        private static byte[] Looser()
        {
            var policy = new SpendingPolicy { Assets = [new(VaultProcess.Dollar, new Caps(PerPayment: 1_000_000_000, PerDay: 1_000_000_000))] };
            return [.. """{"policy":"""u8, .. PolicyJson.Write(policy), .. "}"u8];
        }

        private static HttpClient Client(string socket) => VaultAddress.TryParse($"unix:{socket}", out var address)
            ? new(address.CreateHandler()) { BaseAddress = address.BaseUrl }
            : throw new ArgumentException("no path of a socket", nameof(socket));

        private async Task ExpectAsync(string name, HttpMethod method, string path, string? bearer, byte[]? body, params int[] refusals)
        {
            var status = await SendAsync(method, path, bearer, body);
            Say(refusals.Contains(status) ? "held" : "BREACH", name, $"HTTP {status}");
        }

        private async Task<int> SendAsync(HttpMethod method, string path, string? bearer, byte[]? body)
        {
            using var request = new HttpRequestMessage(method, path);
            request.Headers.Authorization = bearer is null ? null : new AuthenticationHeaderValue("Bearer", bearer);
            request.Content = body is null ? null : new ByteArrayContent(body);
            using var response = await _http.SendAsync(request);
            return (int)response.StatusCode;
        }
    }
}

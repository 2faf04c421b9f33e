using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Purser.Ethereum;
using Purser.Services.SignIn;
using Purser.Services.SignIn.Links;
using Purser.Services.Tests.SignIn.Links;
using Purser.Testing;

namespace Purser.Services.Tests.SignIn.Humans;

/// <summary>The pages in the distribution's Chromium, headless: without scripts, and with a browser's wallet (EIP-1193) that the test puts in.</summary>
public sealed class BrowserTests : IAsyncLifetime
{
    private const string Ann = "ann@example.org";
    private const float Patience = 180_000; // a loaded machine is slow, and nothing here is judged by time

    private static readonly PrivateKey s_key = PrivateKey.FromBytes(Keccak256.Hash("agent"u8).Bytes);

    private WebWorld _world = null!;
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    public async ValueTask InitializeAsync()
    {
        var chromium = new[] { "chromium", "chromium-browser", "google-chrome" }
            .SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
        Require.Component("Chromium", chromium is not null, "apt-get install chromium");
        _world = await WebWorld.StartAsync(onSocket: true);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Headless = true, Timeout = Patience, Args = ["--disable-gpu", "--disable-dev-shm-usage"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.CloseAsync();
        }

        _playwright?.Dispose();
        if (_world is not null)
        {
            await _world.DisposeAsync();
        }
    }

    private async Task<IPage> OpenAsync(bool scripts)
    {
        var context = await _browser.NewContextAsync(new() { BaseURL = _world.Origin.AbsoluteUri, JavaScriptEnabled = scripts });
        context.SetDefaultTimeout(Patience);
        context.SetDefaultNavigationTimeout(Patience);
        var page = await context.NewPageAsync();
        await page.GotoAsync("/account/login");
        await page.FillAsync("input[name=email]", Ann);
        await page.FillAsync("input[name=password]", WebWorld.Password);
        await page.ClickAsync("main button");
        (await page.TextContentAsync("h1")).ShouldBe("Your agents");
        return page;
    }

    [Fact]
    public async Task SignIn_F1_without_a_script_a_human_links_an_agent_by_its_code_sets_limits_and_revokes_it()
    {
        await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        var codes = _world.Host.Services.GetRequiredService<DeviceCodes>();
        var begun = (DeviceCodeResult.Begun)await codes.BeginAsync(new(s_key.Address, "poker", LinkWorld.Sample), "10.0.0.9");
        (await codes.ProveAsync(begun.DeviceCode, s_key.Sign(Eip191.HashPersonalMessage(begun.Message)).ToArray())).ShouldBeOfType<DeviceCodeResult.Proven>();

        var page = await OpenAsync(scripts: false);
        await page.ClickAsync("nav >> text=Link by code");
        await page.FillAsync("input[name=code]", begun.UserCode);
        await page.ClickAsync("main button");
        (await page.TextContentAsync("#wallet")).ShouldBe(s_key.Address.ToString());
        (await page.InputValueAsync("input[name=maxStake]")).ShouldBe("100");
        await page.FillAsync("input[name=maxStake]", "25");
        await page.ClickAsync("button[value=allow]");
        var link = (await _world.Links.FindByWalletAsync(s_key.Address))!;
        link.Permissions.ShouldBe(LinkWorld.Sample with { MaxStakePerRound = 25 });
        (await codes.PollAsync(begun.DeviceCode)).ShouldBeOfType<DeviceCodeState.Linked>().Link.Id.ShouldBe(link.Id);

        await page.ClickAsync($"tr[data-link={link.Id}] a");
        await page.FillAsync("input[name=maxStake]", "5");
        await page.ClickAsync("text=Set limits");
        (await page.TextContentAsync("#limits"))!.ShouldContain("stake a round 5,");
        (await _world.Links.GetAsync(link.Id))!.Permissions.MaxStakePerRound.ShouldBe(5);
        await page.ClickAsync("#revoke");
        (await page.TextContentAsync("h1")).ShouldBe("Your agents");
        (await _world.Links.GetAsync(link.Id))!.Status.ShouldBe(LinkStatus.Revoked);
    }

    [Fact]
    public async Task SignIn_B2_a_human_signs_the_agents_challenge_with_the_browsers_wallet_and_hands_it_the_token()
    {
        var user = await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        await _world.Links.CreateAsync(new(user.Id, s_key.Address, "poker", LinkWorld.Sample));
        var page = await OpenAsync(scripts: true);
        var shown = await AddWalletAsync(page);
        await page.GotoAsync("/account/sign");
        await page.ClickAsync("#connect");
        await page.WaitForSelectorAsync("#result", new() { State = WaitForSelectorState.Visible });
        var token = await page.InputValueAsync("#token");

        shown.ShouldHaveSingleItem().ShouldStartWith($"{_world.Origin.GetLeftPart(UriPartial.Authority)} wants you to sign in with your Ethereum account:\n{s_key.Address}\n");
        using var agent = new HttpClient { BaseAddress = _world.Origin };
        agent.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var session = JsonDocument.Parse(await agent.GetStringAsync("/api/auth/session")).RootElement;
        session.GetProperty("walletAddress").GetString().ShouldBe(s_key.Address.ToString());

        // The human's own API is not the agent's: V59.
        using var refused = await agent.GetAsync("/api/auth/link-account");
        ((int)refused.StatusCode).ShouldBe(401);
    }

    [Fact]
    public async Task SignIn_B2_a_wallet_that_nobody_linked_gets_no_token_and_the_page_says_why()
    {
        await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        var page = await OpenAsync(scripts: true);
        await AddWalletAsync(page);
        await page.GotoAsync("/account/sign");
        await page.ClickAsync("#connect");
        await page.WaitForSelectorAsync("#state >> text=It did not work");
        (await page.TextContentAsync("#state"))!.ShouldContain("No human has linked this wallet");
        (await page.InputValueAsync("#token")).ShouldBe("");
    }

    [Fact]
    public async Task The_policy_of_the_pages_stops_an_inline_script()
    {
        await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        var page = await OpenAsync(scripts: true);
        var violated = await page.EvaluateAsync<string>(
            """
            () => new Promise(resolve => {
              document.addEventListener("securitypolicyviolation", event => resolve(event.effectiveDirective + " " + String(window.taken)));
              const script = document.createElement("script");
              script.textContent = "window.taken = true";
              document.body.append(script);
            })
            """);
        violated.ShouldBe("script-src-elem undefined");
    }

    // EIP-1193: request({ method, params }). The key stays in the test's process; the page gets signatures alone.
    private static async Task<List<string>> AddWalletAsync(IPage page)
    {
        var shown = new List<string>();
        await page.ExposeFunctionAsync("signForTest", (string hex) =>
        {
            var message = Convert.FromHexString(hex[2..]);
            shown.Add(System.Text.Encoding.UTF8.GetString(message));
            return Hex.Encode(s_key.Sign(Eip191.HashPersonalMessage(message)).ToArray());
        });
        await page.AddInitScriptAsync(
            $$"""
            window.ethereum = {
              async request({ method, params }) {
                switch (method) {
                  case "eth_requestAccounts": return ["{{s_key.Address}}"];
                  case "personal_sign": return await window.signForTest(params[0]);
                  default: throw new Error("unexpected " + method);
                }
              },
            };
            """);
        return shown;
    }
}

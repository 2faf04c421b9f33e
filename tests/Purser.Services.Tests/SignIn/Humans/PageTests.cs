using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Purser.Ethereum;
using Purser.Services.SignIn;
using Purser.Services.SignIn.Links;
using Purser.Services.Tests.SignIn.Links;

namespace Purser.Services.Tests.SignIn.Humans;

/// <summary>The pages for people, used without scripts: forms and cookies alone.</summary>
public sealed class PageTests : IAsyncLifetime
{
    private const string Ann = "ann@example.org";

    private static readonly PrivateKey s_key = PrivateKey.FromBytes(Keccak256.Hash("agent"u8).Bytes);

    private WebWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await WebWorld.StartAsync();

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    private async Task<DeviceCodeResult.Begun> BeginCodeAsync()
    {
        var codes = _world.Host.Services.GetRequiredService<DeviceCodes>();
        var begun = (DeviceCodeResult.Begun)await codes.BeginAsync(new(s_key.Address, "<b>poker</b>", LinkWorld.Sample), "10.0.0.9");
        (await codes.ProveAsync(begun.DeviceCode, s_key.Sign(Eip191.HashPersonalMessage(begun.Message)).ToArray())).ShouldBeOfType<DeviceCodeResult.Proven>();
        return begun;
    }

    [Fact]
    public async Task A_person_gets_an_account_by_a_mailed_code_signs_out_and_in_again_and_elsewhere_on_another_replica()
    {
        using var browser = _world.Browse();
        await browser.GetAsync("/account");
        browser.Page.ShouldContain("<h1>Sign in</h1>");
        await browser.GetAsync("/account/start");
        await browser.SubmitAsync("/account/start", ("email", Ann));
        await _world.Accounts.DrainAsync();
        await browser.SubmitAsync("/account/verify", ("code", "00000000x"), ("password", WebWorld.Password));
        browser.Refusal.ShouldBe("code_wrong");
        await browser.SubmitAsync("/account/verify", ("code", _world.Mail.LastFor(Ann).Code), ("password", WebWorld.Password));
        browser.Page.ShouldContain("<h1>Your agents</h1>");
        await browser.SubmitAsync("/account/logout");
        browser.Page.ShouldContain("<h1>Sign in</h1>");
        await browser.SubmitAsync("/account/login", ("email", Ann), ("password", "not the password"));
        browser.Refusal.ShouldBe("password_wrong");
        browser.Last.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var elsewhere = _world.Browse(await _world.ReplicaAsync());
        await elsewhere.SignInAsync(Ann);
    }

    [Fact]
    public async Task SignIn_F1_a_person_links_an_agent_by_its_code_sets_limits_changes_pauses_and_revokes_it()
    {
        await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        var begun = await BeginCodeAsync();
        using var browser = _world.Browse();
        await browser.SignInAsync(Ann);
        await browser.GetAsync($"/account/link?user_code={begun.UserCode}");
        browser.Page.ShouldContain($"value=\"{begun.UserCode}\"");
        await browser.SubmitAsync("/account/link", ("code", begun.UserCode));
        browser.Page.ShouldContain(s_key.Address.ToString());
        browser.Page.ShouldNotContain("<b>poker");
        await browser.SubmitAsync("/account/link/answer", ("answer", "allow"), ("label", "my \"poker\" <agent>"), ("maxStake", "50"), ("dailyLoss", ""), ("maxTables", "2"), ("onlyGames", "yes"), ("games", "texas-holdem, dice"));
        browser.Page.ShouldContain("my &quot;poker&quot; &lt;agent&gt;");
        var link = (await _world.Links.FindByWalletAsync(s_key.Address))!;
        link.Permissions.ShouldBe(new() { MaxStakePerRound = 50, MaxConcurrentTables = 2, AllowedGames = ["dice", "texas-holdem"] });

        await browser.GetAsync($"/account/links/{link.Id}");
        await browser.SubmitAsync($"/account/links/{link.Id}/limits", ("maxStake", "10"), ("dailyLoss", "100"), ("maxTables", "5"));
        browser.Page.ShouldContain("id=\"pending\"");
        (await _world.Links.GetAsync(link.Id))!.Permissions.ShouldBe(new() { MaxStakePerRound = 10, DailyLossLimit = 100, MaxConcurrentTables = 2, AllowedGames = ["dice", "texas-holdem"] });
        await browser.SubmitAsync($"/account/links/{link.Id}/pause");
        (await _world.Links.GetAsync(link.Id))!.Status.ShouldBe(LinkStatus.Paused);
        await browser.GetAsync($"/account/links/{link.Id}");
        await browser.SubmitAsync($"/account/links/{link.Id}/resume");
        await browser.GetAsync($"/account/links/{link.Id}");
        await browser.SubmitAsync($"/account/links/{link.Id}/revoke");
        (await _world.Links.GetAsync(link.Id))!.Status.ShouldBe(LinkStatus.Revoked);
        await browser.GetAsync("/account/audit.jsonl");
        browser.Page.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(5);
    }

    [Theory]
    [InlineData("maxStake", "-1")]
    [InlineData("maxStake", "1.5")]
    [InlineData("maxStake", "1e3")]
    [InlineData("maxStake", "9007199254740992")]
    [InlineData("dailyLoss", "NaN")]
    [InlineData("dailyLoss", "1,000")]
    [InlineData("maxTables", "1001")]
    [InlineData("games", "Texas")]
    public async Task SignIn_F13_a_limit_that_is_no_whole_number_of_credits_is_refused_by_the_form(string field, string value)
    {
        var user = await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        var link = LinkReplica.Done(await _world.Links.CreateAsync(new(user.Id, s_key.Address, null, LinkWorld.Sample)));
        using var browser = _world.Browse();
        await browser.SignInAsync(Ann);
        await browser.GetAsync($"/account/links/{link.Id}");
        await browser.SubmitAsync($"/account/links/{link.Id}/limits", ("onlyGames", "yes"), (field, value));
        browser.Refusal.ShouldBe("body_malformed");
        (await _world.Links.GetAsync(link.Id))!.Permissions.ShouldBe(LinkWorld.Sample);
    }

    [Fact]
    public async Task V54_a_form_that_no_page_of_the_account_made_changes_nothing()
    {
        var user = await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        await _world.Accounts.VouchAsync("eve@example.org", WebWorld.Password);
        var link = LinkReplica.Done(await _world.Links.CreateAsync(new(user.Id, s_key.Address, null, LinkWorld.Sample)));
        var begun = await BeginCodeAsync();
        using var browser = _world.Browse();
        using var eve = _world.Browse();
        await browser.SignInAsync(Ann);
        await eve.SignInAsync("eve@example.org");
        await eve.GetAsync("/account/link");
        var foreign = eve.Between("<form method=\"post\" action=\"/account/link\"><input type=\"hidden\" name=\"form\" value=\"", "\"");
        foreach (var path in new[] { $"/account/links/{link.Id}/revoke", $"/account/links/{link.Id}/limits", "/account/revoke-all", "/account/exclude", "/account/link", "/account/link/answer", "/account/tokens", "/account/logout", "/account/login", "/account/start" })
        {
            foreach (var token in new[] { null, "", "x", foreign })
            {
                var fields = new Dictionary<string, string> { ["code"] = begun.UserCode, ["answer"] = "allow", ["days"] = "1", ["sure"] = "yes", ["label"] = "x", ["email"] = Ann };
                if (token is not null)
                {
                    fields["form"] = token;
                }

                await browser.PostAsync(path, new FormUrlEncodedContent(fields));
                browser.Refusal.ShouldBe("form_foreign", path);
            }
        }

        await browser.PostAsync($"/account/links/{link.Id}/revoke", new StringContent("""{"form":"x"}""", System.Text.Encoding.UTF8, "application/json"));
        browser.Refusal.ShouldBe("form_malformed");
        await browser.PostAsync($"/account/links/{link.Id}/revoke", new FormUrlEncodedContent([new("form", new string('x', 20_000))]));
        browser.Refusal.ShouldBe("form_malformed");
        await browser.PostAsync($"/account/links/{link.Id}/revoke", new FormUrlEncodedContent([new("form", "x"), new("form", "x")]));
        browser.Refusal.ShouldBe("form_malformed");
        (await _world.Links.GetAsync(link.Id))!.Status.ShouldBe(LinkStatus.Active);
        (await _world.Links.ListAsync(user.Id)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task V55_the_pages_of_another_persons_link_are_not_there()
    {
        var other = await _world.Accounts.VouchAsync("bob@example.org", WebWorld.Password);
        var link = LinkReplica.Done(await _world.Links.CreateAsync(new(other.Id, s_key.Address, "bobs", LinkWorld.Sample)));
        await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        using var browser = _world.Browse();
        await browser.SignInAsync(Ann);
        browser.Page.ShouldNotContain("bobs");
        await browser.GetAsync($"/account/links/{link.Id}");
        browser.Refusal.ShouldBe("link_unknown");
        browser.Last.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task V57_self_exclusion_by_its_form_revokes_everything_and_says_until_when()
    {
        var user = await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        await _world.Links.CreateAsync(new(user.Id, s_key.Address, null, LinkWorld.Sample));
        using var browser = _world.Browse();
        await browser.SignInAsync(Ann);
        await browser.SubmitAsync("/account/exclude", ("days", "7"));
        browser.Refusal.ShouldBe("body_malformed");
        await browser.GetAsync("/account");
        await browser.SubmitAsync("/account/exclude", ("days", "7"), ("sure", "yes"));
        browser.Page.ShouldContain("id=\"excluded\"");
        (await _world.Links.FindByWalletAsync(s_key.Address)).ShouldBeNull();
    }

    [Fact]
    public async Task A_person_makes_a_token_that_is_shown_once_and_revokes_it()
    {
        await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        using var browser = _world.Browse();
        await browser.SignInAsync(Ann);
        await browser.GetAsync("/account/tokens");
        await browser.SubmitAsync("/account/tokens", ("label", "ci"));
        var token = browser.Between("<code id=\"token\">", "</code>");
        var tokens = _world.Host.Services.GetRequiredService<Purser.Services.SignIn.Humans.HumanTokens>();
        var user = (await tokens.FindAsync(token))!;
        (await browser.GetAsync("/account/tokens")).ShouldNotContain(token);
        await browser.SubmitAsync($"/account/tokens/{(await tokens.ListAsync(user.Id)).Single().Id}/revoke");
        (await tokens.FindAsync(token)).ShouldBeNull();
    }

    [Fact]
    public async Task Every_page_forbids_what_it_does_not_need_and_none_is_kept()
    {
        await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        using var browser = _world.Browse();
        await browser.SignInAsync(Ann);
        foreach (var path in new[] { "/account", "/account/login", "/account/start", "/account/link", "/account/tokens", "/account/sign", "/account/style.css", "/account/wallet.js", "/account/links/none", "/account/audit.jsonl" })
        {
            await browser.GetAsync(path);
            var headers = browser.Last.Headers;
            headers.GetValues("Content-Security-Policy").Single().ShouldBe("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'", path);
            headers.GetValues("X-Content-Type-Options").Single().ShouldBe("nosniff");
            headers.GetValues("X-Frame-Options").Single().ShouldBe("DENY");
            headers.GetValues("Referrer-Policy").Single().ShouldBe("no-referrer");
            headers.CacheControl!.NoStore.ShouldBeTrue(path);
            browser.Page.ShouldNotContain("style=\"");
            browser.Page.ShouldNotContain("onclick");
            browser.Page.ShouldNotContain("<script>");
        }
    }

    [Fact]
    public async Task A_password_that_is_set_anew_signs_every_browser_out()
    {
        await _world.Accounts.VouchAsync(Ann, WebWorld.Password);
        using var browser = _world.Browse();
        await browser.SignInAsync(Ann);
        await _world.Accounts.VouchAsync(Ann, "another good password");
        (await browser.GetAsync("/account")).ShouldContain("<h1>Sign in</h1>");
    }

    [Fact]
    public async Task A_provider_takes_the_accounts_place_and_F6_whom_it_has_not_verified_links_nothing()
    {
        var verified = "false";
        await using var world = await WebWorld.StartAsync(
            humans: options => (options.Mailer, options.ProviderScheme) = (null, "oidc"),
            services: services =>
            {
                services.AddSingleton(new Func<Claim[]>(() => [new("sub", "subject-1"), new("name", "Ann"), new("email_verified", verified)]));
                services.AddTransient<StandInProvider>();
                services.Configure<AuthenticationOptions>(options => options.AddScheme<StandInProvider>("oidc", null));
            });
        using var browser = world.Browse();
        await browser.GetAsync("/account/login");
        browser.Page.ShouldNotContain("password");
        await browser.SubmitAsync("/account/external");
        browser.Page.ShouldContain("Your e-mail is not verified");
        await browser.GetAsync("/account/link");
        await browser.SubmitAsync("/account/link", ("code", "BBBB-BBBB"));
        browser.Refusal.ShouldBe("user_not_verified");

        verified = "true";
        await browser.GetAsync("/account");
        await browser.SubmitAsync("/account/logout");
        await browser.SubmitAsync("/account/external");
        browser.Page.ShouldContain("Your agents");
        browser.Page.ShouldNotContain("not verified");
    }
}

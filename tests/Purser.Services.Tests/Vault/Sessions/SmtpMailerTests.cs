using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Purser.Sandbox.Chain;
using Purser.Services.Mail;
using Purser.Services.Tests.Payments;
using Purser.Services.Vault.Sessions;
using Purser.Testing.Mail;

namespace Purser.Services.Tests.Vault.Sessions;

/// <summary>The way of a code to the mail server, with a server of the test's own at its end.</summary>
public sealed class SmtpMailerTests : IDisposable
{
    private readonly SandboxClock _clock = SandboxClock.StandingAt(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));

    public void Dispose() => _clock.Dispose();

    [Fact]
    public async Task A_mail_goes_under_starttls_with_the_password_said_only_there()
    {
        using var certificate = Certify("localhost");
        await using var server = new SmtpServer(certificate);
        await SendAsync(Mailer(server, certificate), "12345678");
        var mail = server.LastFor("a@b.c");
        mail.Encrypted.ShouldBeTrue();
        mail.Code.ShouldBe("12345678");
        server.Commands.ToList().ShouldBe(["EHLO localhost", "STARTTLS", "EHLO localhost", $"AUTH PLAIN {Convert.ToBase64String("\0user\0secret"u8)}", "MAIL FROM:<vault@purser.test>", "RCPT TO:<a@b.c>", "DATA", "QUIT"]);
    }

    [Fact]
    public async Task Threat_a_server_without_starttls_or_with_a_foreign_certificate_hears_neither_password_nor_code()
    {
        using var certificate = Certify("localhost");
        using var other = Certify("localhost");
        using var wrongName = Certify("elsewhere.test");
        await using var plain = new SmtpServer();
        (await FailAsync(Mailer(plain, certificate))).Message.ShouldBe("the mail server offers no STARTTLS");
        await using var foreign = new SmtpServer(other);
        (await FailAsync(Mailer(foreign, certificate))).Message.ShouldBe("the mail server's certificate is not to be trusted");
        await using var misnamed = new SmtpServer(wrongName);
        (await FailAsync(Mailer(misnamed, wrongName))).IsTransient.ShouldBeFalse();
        await using var injecting = new SmtpServer(certificate) { Mood = SmtpMood.InjectsAfterStartTls };
        (await FailAsync(Mailer(injecting, certificate))).Message.ShouldContain("between STARTTLS and the encryption");
        foreach (var server in new[] { plain, foreign, misnamed, injecting })
        {
            server.Commands.ShouldAllBe(command => command == "EHLO localhost" || command == "STARTTLS");
            server.Mails.ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData(SmtpMood.KnowsNoRecipient, false)]
    [InlineData(SmtpMood.Busy, true)]
    [InlineData(SmtpMood.DiesInTheText, true)]
    [InlineData(SmtpMood.SpeaksGarbage, true)]
    [InlineData(SmtpMood.NeverEndsItsLine, true)]
    public async Task A_server_that_misbehaves_is_a_clear_fault(SmtpMood mood, bool transient)
    {
        await using var server = new SmtpServer { Mood = mood };
        var fault = await FailAsync(new SmtpMailer(LoginWorld.SmtpTo(server.Port), _clock, new SeededRandom(1)));
        fault.IsTransient.ShouldBe(transient);
        fault.ToString().ShouldNotContain("12345678");
        server.Mails.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_is_silent_is_given_up_after_the_time_limit()
    {
        await using var server = new SmtpServer { Mood = SmtpMood.IsSilent };
        var failing = FailAsync(new SmtpMailer(LoginWorld.SmtpTo(server.Port), _clock, new SeededRandom(1)));
        while (!failing.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        (await failing).Message.ShouldBe("the mail server did not answer in time");
    }

    [Fact]
    public async Task A_login_whose_mail_was_not_taken_leaves_nothing_behind_and_may_be_asked_again()
    {
        var folder = Directory.CreateTempSubdirectory("purser-mail-").FullName;
        try
        {
            await using var world = await LoginWorld.StartAsync(Storage.StoreUrl.ForFile(Path.Combine(folder, "vault.db")));
            var device = world.Vault.NewDevice();
            foreach (var mood in new[] { SmtpMood.Busy, SmtpMood.SpeaksGarbage })
            {
                world.Mail.Mood = mood;
                var refused = (await world.Vault.Emails.BeginAsync("a@b.c", device, "x")).ShouldBeOfType<LoginResult.Refused>().Reason;
                (refused.Code, refused.Status).ShouldBe(("mail_unavailable", 503));
                refused.RetryAfter.ShouldNotBeNull();
                (await world.Vault.Store.ReadAsync(reader => reader.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM vault_login_attempts"))).ShouldBe(0);
            }

            // Where the server fails only in the text, the answer was out: the attempt is gone and its verification says what to do.
            world.Mail.Mood = SmtpMood.DiesInTheText;
            var lost = await world.Vault.BeginAsync("a@b.c", device);
            (await world.Vault.Store.ReadAsync(reader => reader.QuerySingleOrDefault<long>("SELECT COUNT(*) FROM vault_login_attempts"))).ShouldBe(0);
            Replica.Code(await world.Vault.Emails.VerifyAsync(lost, device, "12345678", "x")).ShouldBe("login_unknown");

            world.Mail.Mood = SmtpMood.Takes;
            (await world.Vault.LogInAsync(world, "a@b.c", device)).UserName.ShouldBe("a@b.c");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_configuration_that_would_speak_in_clear_beyond_this_machine_is_refused()
    {
        var good = LoginWorld.SmtpTo(25);
        good.Validate();
        foreach (var bad in new[]
        {
            good with { Host = "mail.example.org" },
            good with { Host = "10.0.0.1" },
            good with { Host = "" },
            good with { Host = "a b", Security = SmtpSecurity.StartTls },
            good with { Port = 0 },
            good with { User = "u" },
            good with { User = "u", Password = "a\0b" },
            good with { Timeout = TimeSpan.Zero },
        })
        {
            Should.Throw<ArgumentException>(() => new SmtpMailer(bad, _clock, new SeededRandom(1)));
        }

        (good with { User = "u", Password = "secret" }).ToString().ShouldNotContain("secret");
    }

    private SmtpMailer Mailer(SmtpServer server, X509Certificate2 trusted) => new(
        LoginWorld.SmtpTo(server.Port) with { Host = "localhost", Security = SmtpSecurity.StartTls, User = "user", Password = "secret", TrustedRoots = [trusted] }, _clock, new SeededRandom(1));

    private static EmailAddress To(string text) => EmailAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);

    private static async Task<MailException> FailAsync(SmtpMailer mailer) => await Should.ThrowAsync<MailException>(() => SendAsync(mailer, "12345678"));

    private static async Task SendAsync(SmtpMailer mailer, string code)
    {
        await using var mail = await mailer.OpenAsync(To("a@b.c"));
        await mail.SendAsync(code);
    }

    private static X509Certificate2 Certify(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Parse("192.0.2.1"));
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2090, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}

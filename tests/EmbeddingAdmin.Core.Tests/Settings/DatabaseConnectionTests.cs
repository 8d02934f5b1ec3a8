using Npgsql;

namespace EmbeddingAdmin.Core.Tests.Settings;

public sealed class DatabaseConnectionTests
{
    private const string Remote = "Host=db.example.org;Username=ada;Password=hush;Database=app";

    public static TheoryData<string, string, int, string, string, string?> Readable => new()
    {
        { "Host=db.example.org;Username=ada;Password=hush;Database=app", "db.example.org", 5432, "ada", "app", "hush" },
        { "User Id=postgres.abc;Password=hush;Server=aws-0-eu-central-1.pooler.supabase.com;Port=5432;Database=postgres", "aws-0-eu-central-1.pooler.supabase.com", 5432, "postgres.abc", "postgres", "hush" },
        { "host=db.example.org:6000;user=ada;password=hush;dbname=app;sslmode=require", "db.example.org", 6000, "ada", "app", "hush" },
        { "Host=db.example.org;Username=ada;Password='a;b\"c';Database=app", "db.example.org", 5432, "ada", "app", "a;b\"c" },
        { "Host=db.example.org;Username=ada;Password=a=b'c;Database=app", "db.example.org", 5432, "ada", "app", "a=b'c" },
        { "Host=[::1];Username=ada;Database=app", "::1", 5432, "ada", "app", null },
        { "Host=/var/run/postgresql;Username=ada;Database=app", "/var/run/postgresql", 5432, "ada", "app", null },
        { "postgresql://ada:hush@db.example.org:6000/app", "db.example.org", 6000, "ada", "app", "hush" },
        { "postgres://ada:hush@db.example.org/app", "db.example.org", 5432, "ada", "app", "hush" },
        { "POSTGRESQL://ada:hush@db.example.org/app", "db.example.org", 5432, "ada", "app", "hush" },
        { "postgresql://ada@db.example.org/app", "db.example.org", 5432, "ada", "app", null },
        { "postgresql://ada:hush@[::1]:6000/app", "::1", 6000, "ada", "app", "hush" },
        { "postgresql://ada:hush@[2001:db8::1]/app?sslmode=require", "2001:db8::1", 5432, "ada", "app", "hush" },
        { "postgresql://ada:p@ss@db.example.org/app", "db.example.org", 5432, "ada", "app", "p@ss" },
        { "postgresql://ada:p:a:s@db.example.org/app", "db.example.org", 5432, "ada", "app", "p:a:s" },
        { "postgresql://ada:p/a?s#s@db.example.org/app?sslmode=require", "db.example.org", 5432, "ada", "app", "p/a?s#s" },
        { "postgresql://ada:p?x=1&y=2@db.example.org/app", "db.example.org", 5432, "ada", "app", "p?x=1&y=2" },
        { "postgresql://ada:pa$$w0rd;'\"@db.example.org/app", "db.example.org", 5432, "ada", "app", "pa$$w0rd;'\"" },
        { "postgresql://ada:p%40ss%2Fw%25rd@db.example.org/app", "db.example.org", 5432, "ada", "app", "p@ss/w%rd" },
        { "postgresql://ada:100%@db.example.org/app", "db.example.org", 5432, "ada", "app", "100%" },
        { "postgresql://ada:100%zz%4@db.example.org/app", "db.example.org", 5432, "ada", "app", "100%zz%4" },
        { "postgresql://ada:%C3%A9%FF@db.example.org/app", "db.example.org", 5432, "ada", "app", "%C3%A9%FF" },
        { "postgresql://ada:%C3%A9@db.example.org/app", "db.example.org", 5432, "ada", "app", "é" },
        { "postgresql://ada:a+b@db.example.org/app", "db.example.org", 5432, "ada", "app", "a+b" },
        { "postgresql://ada:[hush]@db.example.org/app", "db.example.org", 5432, "ada", "app", "[hush]" },
        { "postgresql://postgres.abc:hush@aws-0-eu-central-1.pooler.supabase.com:6543/postgres?pgbouncer=true&connection_limit=1", "aws-0-eu-central-1.pooler.supabase.com", 6543, "postgres.abc", "postgres", "hush" },
        { "postgres://ada:hush@db.example.org/app?sslmode=require&supa=base-pooler.x&options=-c%20x&application_name=me@home", "db.example.org", 5432, "ada", "app", "hush" },
        { "postgresql:///app?host=/var/run/postgresql&user=ada", "/var/run/postgresql", 5432, "ada", "app", null },
        { "jdbc:postgresql://db.example.org:6000/app?user=ada&password=hush", "db.example.org", 6000, "ada", "app", "hush" },
        { "jdbc:postgresql://db.example.org/app?user=ada&password=p@s&s=x&ssl=true&prepareThreshold=0", "db.example.org", 5432, "ada", "app", "p@s&s=x" },
    };

    public static TheoryData<string, string, string> Unreadable => new()
    {
        { "hush", "EA-CFG-06", "cannot be read" },
        { "=hush", "EA-CFG-06", "cannot be read" },
        { "Host=db.example.org;Pasword=hush;Username=ada;Database=app", "EA-CFG-06", "no keyword \"pasword\". Did you mean \"Password\"?" },
        { "Hots=db.example.org;Password=hush;Username=ada;Database=app", "EA-CFG-06", "no keyword \"hots\". Did you mean \"Host\"?" },
        { "Flavour=x;Host=db.example.org;Password=hush;Username=ada;Database=app", "EA-CFG-06", "no keyword \"flavour\"" },
        { "Host=db.example.org;Password=ab;hush=cd;Username=ada;Database=app", "EA-CFG-06", "perhaps the password has a semicolon" },
        { "Host=db.example.org;Username=ada;Password=ab;hush;Database=app", "EA-CFG-06", "perhaps the password has a semicolon" },
        { "Host=db.example.org;Username=ada;Password=\"hush;Database=app", "EA-CFG-06", "cannot be read" },
        { "Host=db.example.org;Username=ada;Password=hush;Database=app;SSL Mode=hush", "EA-CFG-06", "The value of its keyword \"ssl mode\"" },
        { "Host=db.example.org;Port=hush;Username=ada;Password=hush;Database=app", "EA-CFG-06", "The value of its keyword \"port\"" },
        { "Host=db.example.org;Port=70000;Username=ada;Password=hush;Database=app", "EA-CFG-06", "port is not a number from 1 to 65535" },
        { "Username=ada;Password=hush;Database=app", "EA-CFG-06", "names no host" },
        { "Host=db.example.org;Password=hush;Database=app", "EA-CFG-06", "names no user" },
        { "Host=db.example.org;Username=ada;Password=hush", "EA-CFG-06", "names no database" },
        { "Host=a.example.org,b.example.org;Username=ada;Password=hush;Database=app", "EA-CFG-06", "several hosts" },
        { "host=db.example.org user=ada password=hush dbname=app", "EA-CFG-06", "no host name" },
        { "Host=0.0.0.0;Username=ada;Password=hush;Database=app", "EA-CFG-06", "no host name" },
        { "postgresql://ada:hush@[::]/app", "EA-CFG-06", "no host name" },
        { "postgresql://ada:hush@db.<ref>.supabase.co/app", "EA-CFG-06", "no host name" },
        { "postgresql://ada:hush@db.example.org", "EA-CFG-06", "names no database" },
        { "postgresql://db.example.org/app", "EA-CFG-06", "names no user" },
        { "postgresql://ada:hush@db.example.org:no/app", "EA-CFG-06", "The value of its keyword \"Port\"" },
        { "postgresql://ada:hush@db.example.org/app?flavour=x", "EA-CFG-06", "is no keyword" },
        { "postgresql://ada:hush@db.example.org/app?sslmod=require", "EA-CFG-06", "Did you mean \"SSL Mode\"" },
        { "postgresql://ada:hush@db.example.org/app?sslmode=hush", "EA-CFG-06", "The value of its keyword \"sslmode\"" },
        { "postgresql://postgres:[YOUR-PASSWORD]@db.abc.supabase.co:5432/postgres", "EA-CFG-05", "placeholder for the password" },
        { "postgresql://postgres:%5BYOUR-PASSWORD%5D@db.abc.supabase.co:5432/postgres", "EA-CFG-05", "placeholder for the password" },
        { "postgresql://postgres:<your-password>@db.abc.supabase.co:5432/postgres", "EA-CFG-05", "placeholder for the password" },
        { "postgresql://postgres:YOUR_PASSWORD@db.abc.supabase.co:5432/postgres", "EA-CFG-05", "placeholder for the password" },
        { "User Id=postgres;Password=[YOUR-PASSWORD];Server=db.abc.supabase.co;Port=5432;Database=postgres", "EA-CFG-05", "placeholder for the password" },
    };

    [Theory]
    [MemberData(nameof(Readable))]
    public void A_connection_string_is_read_in_each_form_that_people_have(string text, string host, int port, string user, string database, string? password)
    {
        var (connection, problems) = DatabaseConnection.Read(text, null);

        Assert.Empty(problems);
        Assert.Equal((host, port, user, database), (connection!.Host, connection.Port, connection.Username, connection.Database));
        Assert.Equal(password, DatabaseKeywords.Read(text).Options.Password);
        Assert.DoesNotContain(password ?? "hush", $"{connection}", StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void A_wrong_connection_string_is_refused_with_its_cure_and_without_its_values(string text, string code, string telling)
    {
        var (connection, problems) = DatabaseConnection.Read(text, null);

        Assert.Null(connection);
        var problem = problems[0];
        Assert.Equal((code, "ConnectionStrings:Postgres"), (problem.Code, problem.Setting));
        Assert.Contains(telling, problem.Sentence, StringComparison.Ordinal);
        Assert.All(problems, each => Assert.DoesNotContain("hush", $"{each}", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_part_that_is_missing_is_named_at_once() =>
        Assert.Equal(3, DatabaseConnection.Read("Port=5432", null).Problems.Count);

    [Theory]
    [InlineData(Remote, true, false, "EA-DB-12")]
    [InlineData($"{Remote};SSL Mode=Prefer", true, false, "EA-DB-12")]
    [InlineData($"{Remote};SSL Mode=Disable", true, false, "EA-DB-14", "EA-DB-12")]
    [InlineData($"{Remote};SSL Mode=VerifyFull", true, true)]
    [InlineData("postgresql://ada:hush@db.example.org/app?sslmode=verify-ca", true, true)]
    [InlineData("postgresql://ada:hush@db.example.org/app?sslmode=disable", true, false, "EA-DB-14", "EA-DB-12")]
    [InlineData("jdbc:postgresql://db.example.org/app?user=ada&ssl=false", true, false, "EA-DB-14", "EA-DB-12")]
    [InlineData("Host=127.0.0.5;Username=ada;Database=app", false, false)]
    [InlineData("Host=localhost;Username=ada;Database=app;SSL Mode=Disable", false, false)]
    [InlineData("Host=localhost;Username=ada;Database=app;SSL Mode=Require", true, false)]
    [InlineData("Host=::1;Username=ada;Database=app", false, false)]
    [InlineData("Host=/tmp;Username=ada;Database=app", false, false)]
    [InlineData("postgresql://ada@localhost:6543/app", false, false, "EA-DB-10")]
    [InlineData("postgresql://ada@localhost/app?pgbouncer=true", false, false, "EA-DB-10")]
    [InlineData("postgresql://ada@localhost/app?pgbouncer=false", false, false)]
    [InlineData("postgresql://postgres:hush@aws-0-eu-central-1.pooler.supabase.com:5432/postgres?sslmode=verify-full", true, true, "EA-DB-02")]
    [InlineData(" \"postgresql://ada@localhost/app\"\n", false, false, "EA-CFG-16")]
    public void To_another_machine_it_is_always_encrypted_and_what_is_not_good_is_said(string text, bool encrypted, bool verified, params string[] warnings)
    {
        var (connection, problems) = DatabaseConnection.Read(text, null);

        Assert.Empty(problems);
        Assert.Equal((encrypted, verified), (connection!.Encrypted, connection.Verified));
        Assert.Equal(warnings, connection.Warnings.Select(warning => warning.Code));
        Assert.All(connection.Warnings, warning => Assert.Equal("ConnectionStrings:Postgres", warning.Setting));
    }

    [Fact]
    public void What_would_show_rows_or_break_on_a_pooler_is_switched_off_whatever_the_string_says()
    {
        using var database = DatabaseConnection.Open(
            $"{Remote};Include Error Detail=true;Persist Security Info=true;Max Auto Prepare=20;Multiplexing=true;GSS Encryption Mode=Require;Options=-c x=y;Search Path=x;Timezone=Asia/Tokyo;Client Encoding=LATIN1;No Reset On Close=false;Application Name=x;SSL Mode=Disable");
        var options = new NpgsqlConnectionStringBuilder(database.ConnectionString);

        Assert.Equal((false, false, 0, false, true), (options.IncludeErrorDetail, options.PersistSecurityInfo, options.MaxAutoPrepare, options.Multiplexing, options.NoResetOnClose));
        Assert.Equal((GssEncryptionMode.Disable, SslMode.Require, null, "EmbeddingAdmin"), (options.GssEncryptionMode, options.SslMode, options.Options, options.ApplicationName));
        Assert.Equal((null, null, null), (options.SearchPath, options.Timezone, options.ClientEncoding));
        Assert.DoesNotContain("hush", database.ConnectionString, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no-such.crt", "There is no file")]
    [InlineData("EmbeddingAdmin.Core.dll", "no certificate in it")]
    [InlineData(".", "cannot be read")]
    public void A_root_certificate_that_is_none_is_refused(string file, string telling)
    {
        var problem = Assert.Single(DatabaseConnection.Read(Remote, Path.Combine(AppContext.BaseDirectory, file)).Problems);
        Assert.Equal(("EA-CFG-07", "Database:RootCertificate"), (problem.Code, problem.Setting));
        Assert.Contains(telling, problem.Sentence, StringComparison.Ordinal);
        Assert.Equal("ConnectionStrings:Postgres", Assert.Single(DatabaseConnection.Read($"{Remote};Root Certificate=/no/such", null).Problems).Setting);
    }

    [Fact]
    public void With_a_root_certificate_the_server_is_verified()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.crt");
        using var key = System.Security.Cryptography.ECDsa.Create();
        using var certificate = new System.Security.Cryptography.X509Certificates.CertificateRequest("CN=test", key, System.Security.Cryptography.HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        File.WriteAllText(file, certificate.ExportCertificatePem());
        try
        {
            var (connection, problems) = DatabaseConnection.Read(Remote, file);
            Assert.Empty(problems);
            Assert.True(connection!.Verified);
            Assert.Empty(connection.Warnings);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Where_none_is_configured_opening_fails_at_once_and_says_so()
    {
        using var database = DatabaseConnection.None.Open();
        var fault = Assert.Throws<NpgsqlException>(() => database.OpenConnection());
        Assert.Equal("EA-CFG-11", DatabaseFaults.Explain(fault, DatabaseConnection.None)!.Code);
        Assert.False(DatabaseConnection.None.IsConfigured);
    }
}

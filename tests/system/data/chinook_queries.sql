-- Questions that the owner of the Chinook music shop asks. tests/system/test_chinook.py runs each of them.
-- "-- name:" starts a query. Rows are compared in order where the query has ORDER BY (each such order is total), as a
-- multiset otherwise. Sums of prices go through round(): older SQLite adds floats naively, newer ones compensate.

-- name: all_genres
SELECT * FROM Genre ORDER BY GenreId;

-- name: whole_customers
SELECT * FROM Customer;

-- name: track_by_key
SELECT Name, Composer, Milliseconds FROM Track WHERE TrackId = 1984;

-- name: albums_of_an_artist
SELECT al.AlbumId, al.Title FROM Album AS al JOIN Artist AS ar ON ar.ArtistId = al.ArtistId
WHERE ar.Name = 'Iron Maiden' ORDER BY al.Title, al.AlbumId;

-- name: invoice_with_lines_over_five_tables
SELECT i.InvoiceId, i.InvoiceDate, c.FirstName || ' ' || c.LastName AS customer, t.Name AS track, al.Title AS album,
       il.UnitPrice, il.Quantity
FROM Invoice i
JOIN Customer c ON c.CustomerId = i.CustomerId
JOIN InvoiceLine il ON il.InvoiceId = i.InvoiceId
JOIN Track t ON t.TrackId = il.TrackId
JOIN Album al ON al.AlbumId = t.AlbumId
WHERE i.InvoiceId BETWEEN 100 AND 110
ORDER BY i.InvoiceId, il.InvoiceLineId;

-- name: seven_tables_by_country_and_genre
SELECT c.Country, g.Name AS genre, COUNT(*) AS sold, round(SUM(il.UnitPrice * il.Quantity), 2) AS revenue
FROM Customer c
JOIN Invoice i ON i.CustomerId = c.CustomerId
JOIN InvoiceLine il ON il.InvoiceId = i.InvoiceId
JOIN Track t ON t.TrackId = il.TrackId
JOIN Genre g ON g.GenreId = t.GenreId
JOIN Album al ON al.AlbumId = t.AlbumId
JOIN Artist ar ON ar.ArtistId = al.ArtistId
GROUP BY c.Country, g.Name
ORDER BY c.Country, sold DESC, g.Name;

-- name: sales_per_country
SELECT BillingCountry, COUNT(*) AS invoices, round(SUM(Total), 2) AS total
FROM Invoice GROUP BY BillingCountry ORDER BY total DESC, BillingCountry;

-- name: countries_with_large_average
SELECT BillingCountry, round(AVG(Total), 4) AS average FROM Invoice
GROUP BY BillingCountry HAVING COUNT(*) >= 7 AND AVG(Total) > 5.6 ORDER BY average DESC, BillingCountry;

-- name: sales_per_year
SELECT substr(InvoiceDate, 1, 4) AS year, COUNT(*), round(SUM(Total), 2) FROM Invoice GROUP BY year ORDER BY year;

-- name: sales_per_month_with_strftime
SELECT strftime('%Y-%m', InvoiceDate) AS month, COUNT(*) AS n FROM Invoice GROUP BY month ORDER BY n DESC, month;

-- name: invoices_of_a_quarter
SELECT InvoiceId, InvoiceDate, Total FROM Invoice
WHERE InvoiceDate >= '2022-04-01' AND InvoiceDate < '2022-07-01' ORDER BY InvoiceDate, InvoiceId;

-- name: weekday_of_sales
SELECT strftime('%w', InvoiceDate) AS weekday, COUNT(*) FROM Invoice GROUP BY 1 ORDER BY 1;

-- name: days_between_first_and_last_invoice
SELECT CustomerId, CAST(julianday(MAX(InvoiceDate)) - julianday(MIN(InvoiceDate)) AS INTEGER) AS days
FROM Invoice GROUP BY CustomerId ORDER BY days DESC, CustomerId LIMIT 12;

-- name: age_of_staff_when_hired
SELECT LastName, CAST(strftime('%Y', HireDate) AS INTEGER) - CAST(strftime('%Y', BirthDate) AS INTEGER) AS age
FROM Employee ORDER BY age, LastName;

-- name: employees_and_their_managers
SELECT e.FirstName || ' ' || e.LastName AS employee, m.FirstName || ' ' || m.LastName AS manager
FROM Employee e LEFT JOIN Employee m ON m.EmployeeId = e.ReportsTo ORDER BY e.EmployeeId;

-- name: who_reports_to_how_many_levels
SELECT a.LastName, b.LastName, c.LastName FROM Employee a
LEFT JOIN Employee b ON a.ReportsTo = b.EmployeeId LEFT JOIN Employee c ON b.ReportsTo = c.EmployeeId
ORDER BY a.EmployeeId;

-- name: sales_per_agent
SELECT e.EmployeeId, e.LastName, COUNT(DISTINCT c.CustomerId) AS customers, COUNT(i.InvoiceId) AS invoices,
       round(COALESCE(SUM(i.Total), 0), 2) AS total
FROM Employee e
LEFT JOIN Customer c ON c.SupportRepId = e.EmployeeId
LEFT JOIN Invoice i ON i.CustomerId = c.CustomerId
GROUP BY e.EmployeeId, e.LastName ORDER BY total DESC, e.EmployeeId;

-- name: artists_without_albums
SELECT ar.ArtistId, ar.Name FROM Artist ar LEFT JOIN Album al ON al.ArtistId = ar.ArtistId
WHERE al.AlbumId IS NULL ORDER BY ar.Name, ar.ArtistId;

-- name: artists_without_albums_by_not_exists
SELECT COUNT(*) FROM Artist ar WHERE NOT EXISTS (SELECT 1 FROM Album al WHERE al.ArtistId = ar.ArtistId);

-- name: tracks_never_sold
SELECT COUNT(*) FROM Track WHERE TrackId NOT IN (SELECT TrackId FROM InvoiceLine);

-- name: customers_who_bought_jazz
SELECT c.CustomerId, c.LastName, c.Email FROM Customer c
WHERE EXISTS (SELECT * FROM Invoice i JOIN InvoiceLine il ON il.InvoiceId = i.InvoiceId
              JOIN Track t ON t.TrackId = il.TrackId JOIN Genre g ON g.GenreId = t.GenreId
              WHERE i.CustomerId = c.CustomerId AND g.Name = 'Jazz')
ORDER BY c.CustomerId;

-- name: tracks_longer_than_the_average_of_their_genre
SELECT t.GenreId, COUNT(*) FROM Track t
WHERE t.Milliseconds > (SELECT AVG(u.Milliseconds) FROM Track u WHERE u.GenreId = t.GenreId)
GROUP BY t.GenreId ORDER BY t.GenreId;

-- name: three_longest_tracks_per_genre
SELECT g.Name, t.Name, t.Milliseconds FROM Track t JOIN Genre g ON g.GenreId = t.GenreId
WHERE (SELECT COUNT(*) FROM Track u WHERE u.GenreId = t.GenreId
       AND (u.Milliseconds > t.Milliseconds OR (u.Milliseconds = t.Milliseconds AND u.TrackId < t.TrackId))) < 3
ORDER BY g.Name, t.Milliseconds DESC, t.TrackId;

-- name: best_customer_of_each_country
SELECT s.Country, s.CustomerId, s.spent FROM (
    SELECT c.Country AS Country, c.CustomerId AS CustomerId, round(SUM(i.Total), 2) AS spent
    FROM Customer c JOIN Invoice i ON i.CustomerId = c.CustomerId GROUP BY c.CustomerId) AS s
WHERE NOT EXISTS (
    SELECT 1 FROM Customer c2 JOIN Invoice i2 ON i2.CustomerId = c2.CustomerId WHERE c2.Country = s.Country
    GROUP BY c2.CustomerId HAVING round(SUM(i2.Total), 2) > s.spent)
ORDER BY s.Country, s.CustomerId;

-- name: latest_invoice_of_each_customer
SELECT i.CustomerId, i.InvoiceId, i.InvoiceDate, i.Total FROM Invoice i
WHERE i.InvoiceDate = (SELECT MAX(j.InvoiceDate) FROM Invoice j WHERE j.CustomerId = i.CustomerId)
ORDER BY i.CustomerId, i.InvoiceId;

-- name: scalar_subqueries_in_the_result
SELECT ar.Name, (SELECT COUNT(*) FROM Album al WHERE al.ArtistId = ar.ArtistId) AS albums,
       (SELECT COUNT(*) FROM Track t JOIN Album al ON al.AlbumId = t.AlbumId WHERE al.ArtistId = ar.ArtistId) AS tracks
FROM Artist ar WHERE ar.Name LIKE 'A%' ORDER BY tracks DESC, ar.Name, ar.ArtistId;

-- name: share_of_each_genre
SELECT g.Name, COUNT(*) AS tracks, round(100.0 * COUNT(*) / (SELECT COUNT(*) FROM Track), 2) AS percent
FROM Track t JOIN Genre g ON g.GenreId = t.GenreId GROUP BY g.GenreId, g.Name ORDER BY percent DESC, g.Name;

-- name: titles_with_love
SELECT TrackId, Name FROM Track WHERE Name LIKE '%love%' ORDER BY Name, TrackId;

-- name: like_with_underscore_and_escape
SELECT Name FROM Track WHERE Name LIKE '_n %' OR Name LIKE '%\%%' ESCAPE '\' ORDER BY Name, TrackId;

-- name: names_with_accents
SELECT ArtistId, Name, length(Name), upper(Name), lower(Name) FROM Artist
WHERE Name LIKE '%é%' OR Name LIKE '%ã%' OR Name LIKE '%ö%' ORDER BY ArtistId;

-- name: glob_is_case_sensitive
SELECT Name FROM Track WHERE Name GLOB '[A-C]*ing' ORDER BY Name, TrackId;

-- name: composers_missing
SELECT COUNT(*), COUNT(Composer), COUNT(*) - COUNT(Composer) AS missing, COUNT(DISTINCT Composer) FROM Track;

-- name: coalesce_for_missing_fields
SELECT CustomerId, COALESCE(Company, LastName || ', ' || FirstName) AS display, COALESCE(State, '-'), IFNULL(Fax, 'none')
FROM Customer ORDER BY display, CustomerId;

-- name: price_bands
SELECT CASE WHEN Total < 1 THEN 'small' WHEN Total < 5 THEN 'medium' WHEN Total < 10 THEN 'large' ELSE 'huge' END AS band,
       COUNT(*) AS n, MIN(Total), MAX(Total)
FROM Invoice GROUP BY band ORDER BY n DESC, band;

-- name: pivot_with_case_sums
SELECT BillingCountry,
       SUM(CASE WHEN InvoiceDate LIKE '2021%' THEN 1 ELSE 0 END) AS y2021,
       SUM(CASE WHEN InvoiceDate LIKE '2022%' THEN 1 ELSE 0 END) AS y2022,
       SUM(CASE substr(InvoiceDate, 1, 4) WHEN '2023' THEN 1 END) AS y2023
FROM Invoice GROUP BY BillingCountry ORDER BY BillingCountry;

-- name: union_of_people
SELECT FirstName, LastName, 'customer' AS role FROM Customer WHERE Country = 'Canada'
UNION SELECT FirstName, LastName, 'employee' FROM Employee ORDER BY LastName, FirstName, role;

-- name: union_all_counts
SELECT 'Album' AS name, COUNT(*) AS n FROM Album UNION ALL SELECT 'Artist', COUNT(*) FROM Artist
UNION ALL SELECT 'Track', COUNT(*) FROM Track UNION ALL SELECT 'PlaylistTrack', COUNT(*) FROM PlaylistTrack;

-- name: cities_of_both_kinds
SELECT City FROM Customer WHERE City IN (SELECT BillingCity FROM Invoice) GROUP BY City HAVING COUNT(*) > 1 ORDER BY City;

-- name: except_and_intersect
SELECT Country FROM Customer EXCEPT SELECT BillingCountry FROM Invoice WHERE Total > 15
INTERSECT SELECT Country FROM Customer ORDER BY 1;

-- name: distinct_states
SELECT DISTINCT Country, State FROM Customer ORDER BY Country, State;

-- name: page_three_of_tracks
SELECT TrackId, Name FROM Track ORDER BY Name COLLATE NOCASE, TrackId LIMIT 20 OFFSET 40;

-- name: order_by_expressions
SELECT TrackId, Name, Bytes / Milliseconds AS rate FROM Track WHERE AlbumId = 141
ORDER BY Bytes / Milliseconds DESC, length(Name), TrackId;

-- name: order_with_nulls
SELECT CustomerId, Company FROM Customer ORDER BY Company DESC, CustomerId LIMIT 30;

-- name: nulls_last
SELECT CustomerId, State FROM Customer ORDER BY State NULLS LAST, CustomerId;

-- name: playlists_with_minutes
SELECT p.PlaylistId, p.Name, COUNT(pt.TrackId) AS tracks, COALESCE(SUM(t.Milliseconds), 0) / 60000 AS minutes
FROM Playlist p LEFT JOIN PlaylistTrack pt ON pt.PlaylistId = p.PlaylistId
LEFT JOIN Track t ON t.TrackId = pt.TrackId
GROUP BY p.PlaylistId, p.Name ORDER BY tracks DESC, p.PlaylistId;

-- name: tracks_in_several_playlists
SELECT t.Name, COUNT(*) AS lists FROM PlaylistTrack pt JOIN Track t USING (TrackId)
GROUP BY t.TrackId, t.Name HAVING COUNT(*) >= 5 ORDER BY lists DESC, t.Name, t.TrackId LIMIT 25;

-- name: pairs_of_customers_in_one_city
SELECT a.LastName, b.LastName, a.City FROM Customer a JOIN Customer b ON a.City = b.City AND a.CustomerId < b.CustomerId
ORDER BY a.City, a.CustomerId, b.CustomerId;

-- name: albums_with_several_genres
SELECT al.Title, COUNT(DISTINCT t.GenreId) AS genres FROM Album al, Track t WHERE t.AlbumId = al.AlbumId
GROUP BY al.AlbumId, al.Title HAVING COUNT(DISTINCT t.GenreId) > 1 ORDER BY al.Title;

-- name: artists_by_revenue
SELECT ar.Name, round(SUM(il.UnitPrice * il.Quantity), 2) AS revenue FROM InvoiceLine il
JOIN Track t ON t.TrackId = il.TrackId JOIN Album al ON al.AlbumId = t.AlbumId
JOIN Artist ar ON ar.ArtistId = al.ArtistId GROUP BY ar.ArtistId ORDER BY revenue DESC, ar.Name LIMIT 10;

-- name: invoices_whose_lines_do_not_add_up
SELECT i.InvoiceId FROM Invoice i WHERE abs(i.Total -
  (SELECT SUM(il.UnitPrice * il.Quantity) FROM InvoiceLine il WHERE il.InvoiceId = i.InvoiceId)) > 0.005;

-- name: statistics_of_tracks
SELECT MIN(Milliseconds), MAX(Milliseconds), AVG(Milliseconds), SUM(Milliseconds), COUNT(*), TOTAL(Bytes) FROM Track;

-- name: types_of_columns
SELECT typeof(TrackId), typeof(Name), typeof(Composer), typeof(UnitPrice), COUNT(*) FROM Track GROUP BY 1, 2, 3, 4;

-- name: prices_as_text
SELECT DISTINCT UnitPrice, CAST(UnitPrice AS TEXT), CAST(UnitPrice * 100 AS INTEGER), '$' || UnitPrice FROM Track
ORDER BY UnitPrice;

-- name: mail_domains
SELECT substr(Email, instr(Email, '@') + 1) AS domain, COUNT(*) AS n FROM Customer GROUP BY domain ORDER BY n DESC, domain;

-- name: initials_and_replaced_phones
SELECT substr(FirstName, 1, 1) || '.' || substr(LastName, 1, 1) || '.' AS initials,
       replace(replace(Phone, ' ', ''), '-', '') AS phone FROM Customer ORDER BY CustomerId;

-- name: in_list_of_values
SELECT Name FROM Track WHERE GenreId IN (1, 3, 5, NULL) AND MediaTypeId NOT IN (2, 3) AND AlbumId IN (1, 4, 6, 10)
ORDER BY TrackId;

-- name: genres_bought_by_everyone_in_a_country
SELECT g.Name FROM Genre g WHERE NOT EXISTS (
  SELECT 1 FROM Customer c WHERE c.Country = 'Brazil' AND NOT EXISTS (
    SELECT 1 FROM Invoice i JOIN InvoiceLine il ON il.InvoiceId = i.InvoiceId JOIN Track t ON t.TrackId = il.TrackId
    WHERE i.CustomerId = c.CustomerId AND t.GenreId = g.GenreId))
ORDER BY g.Name;

-- name: running_total_by_self_join
SELECT i.InvoiceId, round((SELECT SUM(j.Total) FROM Invoice j WHERE j.InvoiceId <= i.InvoiceId), 2) AS running
FROM Invoice i WHERE i.InvoiceId <= 60 ORDER BY i.InvoiceId;

-- name: derived_table_of_averages
SELECT d.Country, d.n, round(d.total / d.n, 3) AS mean FROM
  (SELECT BillingCountry AS Country, COUNT(*) AS n, SUM(Total) AS total FROM Invoice GROUP BY BillingCountry) d
WHERE d.n > (SELECT AVG(x.n) FROM (SELECT COUNT(*) AS n FROM Invoice GROUP BY BillingCountry) x)
ORDER BY d.Country;

-- name: cross_join_of_small_tables
SELECT m.Name, g.Name FROM MediaType m CROSS JOIN Genre g WHERE length(m.Name) = length(g.Name) + 1
ORDER BY m.MediaTypeId, g.GenreId;

-- name: count_by_first_letter
SELECT upper(substr(Name, 1, 1)) AS letter, COUNT(*) FROM Artist GROUP BY letter HAVING COUNT(*) > 5 ORDER BY letter;

-- name: unnamed_expression_columns
SELECT 1+1, 'a' || 'b', count(*), max(Total) - min(Total) > 3, "Total", [BillingCity] FROM Invoice WHERE InvoiceId = 7;

-- name: tables_in_the_schema
SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name;
